"""What inspection reads when it starts."""

import os

from pydantic import Field, field_validator

from services.inspection.line.allowed_targets import AllowedTargets
from services.runtime.settings import RuntimeSettings


class InspectionSettings(RuntimeSettings):
    """Settings of the inspection service."""

    listen: str = Field(default="127.0.0.1:50055", pattern=r"^.+:\d{1,5}$")
    """`host:port` that inspection listens on."""

    postgres_url: str = Field(pattern=r"^postgres(ql)?://")
    """PostgreSQL, where reference sets, inspections and feedback are."""

    storage_url: str = "127.0.0.1:50052"
    """gRPC target of storage."""

    embedder_url: str = "127.0.0.1:50053"
    """gRPC target of the embedder."""

    search_url: str = "127.0.0.1:50054"
    """gRPC target of search, which knows the vectors of whole images."""

    embed_streams: int = Field(default=1, ge=1, le=64)
    """Streams to the embedder for each caller and model: as many as it has replicas behind one
    address that balances streams."""

    inspection_cache_bytes: int = Field(default=512 * 2**20, ge=2**20)
    """Memory that versions of reference sets may take to be inspected with at once."""

    inspection_calibration_bytes: int = Field(default=2**30, ge=2**20)
    """Memory that the features of one calibration's images may take."""

    inspection_threads: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=64)
    """Threads that images are scored and drawn in."""

    inspection_webhook_targets: str = ""
    """Hosts that results may be sent to by webhooks, with commas between them: names, `*.` names,
    addresses and networks, each perhaps with `:port`. Empty: none."""

    inspection_result_stream_length: int = Field(default=0, ge=0, le=1_000_000)
    """Results that are kept of each set which are sent into a stream of Redis; 0: none may be."""

    @field_validator("inspection_webhook_targets")
    @classmethod
    def _are_targets(cls, text: str) -> str:
        AllowedTargets(text)
        return text

    installation_name: str = Field(default="Argus", min_length=1, max_length=100)
    """What clients call this installation."""

    trace_percent: float = Field(default=100.0, ge=0, le=100)
    """Of the traces that clients begin, so many are kept where there is a collector, as the edge
    keeps of those that it begins."""

    inspection_reference_sets: int = Field(default=1_000, ge=1)
    """Reference sets that one user may have."""

    inspection_keep_days: int = Field(default=365, ge=1)
    """Days that an inspection is remembered which nobody gave feedback on."""
