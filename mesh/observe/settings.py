"""Settings of this part, which `argus up --observe` sets."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ObserveSettings(BaseSettings):
    """Each field's variable is `ARGUS_OBSERVE_` + its name."""

    model_config = SettingsConfigDict(
        env_prefix="ARGUS_OBSERVE_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    listen: str = Field(pattern=r"^.+:\d{1,5}$")
    """`host:port` of the page."""

    otlp_listen: str
    """Where telemetry comes in: `unix:/path` or `host:port`."""

    folder: Path
    """Where the file is."""

    logs: Path
    """Folder of the parts' logs."""

    key: SecretStr = Field(min_length=16)
    """What whoever looks at the page must have."""

    forward_url: str = Field(
        default="", validation_alias="ARGUS_OTLP_URL", pattern=r"^((http|unix)://.+)?$"
    )
    """Collector to which everything is sent on (`ARGUS_OTLP_URL`); empty: none."""

    bytes: int = Field(default=256 * 2**20, ge=2**20)
    """How large the file may be."""

    hours: float = Field(default=24.0, gt=0)
    """How long something is kept."""
