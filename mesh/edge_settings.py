"""What an edge reads that runs by itself; on one machine `argus up` says it."""

import socket
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from mesh.errors import MeshError
from mesh.parts.edge_places import Address

_TARGET = r"^.+:\d{1,5}$"


class EdgeSettings(BaseSettings):
    """Settings of the edge. Each field's variable is `ARGUS_` + its name."""

    model_config = SettingsConfigDict(
        env_prefix="ARGUS_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    listen: str = Field(default="0.0.0.0:8080", pattern=_TARGET)
    """`host:port` for clients."""

    edge_tls_listen: str = Field(default="", pattern=rf"({_TARGET})|^$")
    """The same with TLS; empty: there is none, as where a gateway in front ends TLS."""

    edge_internal_listen: str = Field(default="0.0.0.0:8081", pattern=_TARGET)
    """`host:port` where services reach the embedders; for services only."""

    edge_admin_listen: str = Field(default="0.0.0.0:9901", pattern=_TARGET)
    """`host:port` of readiness and statistics; for probes and whoever measures."""

    edge_jwks_port: int = Field(default=8082, ge=1, le=65_535)
    """Port of loopback where the edge asks itself for keys."""

    edge_admin_socket: Path = Path("/run/argus/envoy-admin.sock")
    """Where Envoy's admin listens, for its owner."""

    auth_url: str = Field(default="127.0.0.1:50051", pattern=_TARGET)
    """gRPC target of auth; of this and the others, a name with several addresses is balanced."""

    storage_url: str = Field(default="127.0.0.1:50052", pattern=_TARGET)
    """gRPC target of storage."""

    embedder_url: str = Field(default="127.0.0.1:50053", pattern=_TARGET)
    """gRPC target of the embedders."""

    search_url: str = Field(default="127.0.0.1:50054", pattern=_TARGET)
    """gRPC target of search."""

    inspection_url: str = Field(default="127.0.0.1:50055", pattern=_TARGET)
    """gRPC target of inspection."""

    s3_url: str = Field(default="http://127.0.0.1:9000", pattern=r"^https?://[^/]+$")
    """The object store as the edge reaches it."""

    s3_public_url: str = Field(default="http://127.0.0.1:9000", pattern=r"^https?://[^/]+$")
    """The object store as presigned URLs name it."""

    s3_bucket: str = Field(default="images", pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    """Bucket that holds the objects."""

    service_secret: SecretStr = Field(min_length=16)
    """The services' secret, from which comes what the edge proves itself with to auth."""

    tls_certificate: Path | None = None
    """PEM file of the chain that it shows over TLS."""

    tls_key: Path | None = None
    """PEM file of its key."""

    limits_file: Path | None = None
    """What callers may, where it is not as in `envoy/limits.toml`."""

    cors_origin_regex: str = ""
    """Origins whose pages may call, as an RE2 that matches the whole; empty: this machine's."""

    edge_log_min_status: int = Field(default=400, ge=100, le=599)
    """Requests are logged from this HTTP status on."""

    otlp_url: str = Field(default="", pattern=r"^(http://[^/]+)?$")
    """OpenTelemetry's collector (gRPC, `http://host:port`) that spans go to; empty: none."""

    trace_percent: float = Field(default=100.0, ge=0, le=100)
    """Of the requests that bring no trace of their own, so many are traced."""

    replica: str = Field(default_factory=socket.gethostname, min_length=1, max_length=128)
    """Name of this edge among others; the same after a restart."""

    jwt_issuer: str = "argus"
    """`iss` that tokens must have."""

    jwt_audience: str = "argus"
    """`aud` that tokens must have."""


def load_edge_settings() -> EdgeSettings:
    """Reads the settings.

    Raises:
        MeshError: One of them is wrong; it is named, its value is not shown.
    """
    try:
        return EdgeSettings()
    except ValidationError as error:
        wrong = "; ".join(
            f"ARGUS_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False)
        )
        raise MeshError(wrong, "envoy/README.md says what each is.") from error


def address(target: str) -> Address:
    """Host and port of `host:port`."""
    host, _, port = target.rpartition(":")
    return host.strip("[]"), int(port)
