"""Settings, read once from `ARGUS_*` variables when a process starts."""

import socket
import sys
from typing import Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError


class RuntimeSettings(BaseSettings):
    """What every service reads. Each field's variable is `ARGUS_` + its name."""

    model_config = SettingsConfigDict(
        env_prefix="ARGUS_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    listen: str = Field(pattern=r"^.+:\d{1,5}$")
    """`host:port` that this service listens on; port 0 takes a free one."""

    replica: str = Field(default_factory=socket.gethostname, min_length=1, max_length=128)
    """Name of this replica among those of the same mesh; the same after a restart."""

    auth_url: str = "127.0.0.1:50051"
    """gRPC target of auth, whose keys verify every token."""

    redis_url: str = Field(pattern=r"^(redis|rediss|unix)://")
    """Redis, where closed sessions and event streams are."""

    service_secret: SecretStr = Field(min_length=16)
    """What this service proves itself with to auth; the same for all services."""

    mtls_certificate: str = ""
    """PEM file of this service's certificate, whose DNS name is `NAME.argus.internal`; empty: parts
    of the mesh speak to each other without TLS. Read again when it changes, as the others are."""

    mtls_key: str = ""
    """PEM file of its key."""

    mtls_authority: str = ""
    """PEM file of the authorities that say which part somebody is."""

    jwt_issuer: str = "argus"
    """`iss` that tokens must have."""

    jwt_audience: str = "argus"
    """`aud` that tokens must have."""

    max_message_bytes: int = Field(default=56 * 2**20, ge=2**20, le=2**30)
    """Largest gRPC message that is accepted, by methods whose policy says nothing smaller; a longer
    one is RESOURCE_EXHAUSTED."""

    max_watches: int = Field(default=16, ge=1)
    """Streams that tell things as they happen, such as `WatchImages`, which one user may have open
    at a replica of this service; more are TOO_MANY_STREAMS."""

    max_streams: int = Field(default=64, ge=1)
    """Other streams, such as downloads, of one user at a replica; more are TOO_MANY_STREAMS."""

    message_limits_file: str = ""
    """TOML file whose `[messages]` says how many messages a user may send on streams; read again
    when it changes. Empty: as many as they like."""

    drain_notice_s: float = Field(default=2.0, ge=0, le=60)
    """After SIGTERM, seconds between NOT_SERVING and refusing calls, for the edge to notice."""

    drain_grace_s: float = Field(default=10.0, ge=0, le=300)
    """After that, seconds that calls under way may still take."""

    connection_age_s: int = Field(default=0, ge=0, le=86_400)
    """Seconds, about, after which a caller is asked to connect anew, and so hears of replicas that
    joined; calls under way go on. 0: never, as where there is one replica."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least severe log line that is written."""

    otlp_url: str = ""
    """OpenTelemetry collector (gRPC) for traces and metrics; empty: nothing is exported."""

    metrics_listen: str = Field(default="", pattern=r"^(.+:\d{1,5})?$")
    """`host:port` at which Prometheus collects metrics from `/metrics`, without a token and without
    TLS: an address that others do not reach; port 0 takes a free one. Empty: nowhere."""

    @model_validator(mode="after")
    def _mutual_tls_is_whole(self) -> Self:
        named = (self.mtls_certificate, self.mtls_key, self.mtls_authority)
        if any(named) and not all(named):
            raise ValueError(
                "of ARGUS_MTLS_CERTIFICATE, ARGUS_MTLS_KEY and ARGUS_MTLS_AUTHORITY set all or none"
            )
        return self


def variables(settings: type[RuntimeSettings]) -> tuple[str, ...]:
    """The names of all variables that these settings are read from."""
    prefix = settings.model_config["env_prefix"]
    return tuple(f"{prefix}{field.upper()}" for field in settings.model_fields)


S = TypeVar("S", bound=RuntimeSettings)


def load(settings: type[S]) -> S:
    """Reads the settings, or stops the process and names each bad variable."""
    try:
        return settings()
    except SettingsError as error:
        # Says which field it is, and never what it has.
        print(error, file=sys.stderr)  # noqa: T201 - before logging
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            variable = "ARGUS_" + "_".join(str(part) for part in problem["loc"]).upper()
            print(f"{variable}: {problem['msg']}", file=sys.stderr)  # noqa: T201 - before logging
    sys.exit(2)
