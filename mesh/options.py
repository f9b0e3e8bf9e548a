"""What a person chose for a mesh."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from mesh.layout import Layout

DEFAULT_DATA_DIR = Path(".argus")
DEFAULT_PORT = 8080
DEFAULT_TLS_PORT = 8443
DEFAULT_OBJECT_PORT = 9000
DEFAULT_ADMIN_PORT = 9901
DEFAULT_MODEL = "compact"
MAX_EMBEDDERS = 64
DEFAULT_ARCHIVE_DAYS = 7.0
MAX_REPLICAS = 8
"""Of a service other than the embedder."""
LOOPBACK = "127.0.0.1"


class MeshOptions(BaseModel):
    """The choices of one `argus up`. A port that is None was not asked for."""

    model_config = ConfigDict(frozen=True)

    data_dir: Path
    """Absolute path of the data folder."""

    host: str = LOOPBACK
    """Address that the edge and the object store listen on; everything else is loopback."""

    public_url: str = ""
    """Origin at which people reach the edge, through which all links then go; empty: as it is."""

    limits_file: Path | None = None
    """Absolute path of the operator's limits, if they are not in the data folder."""

    mtls: bool = False
    """Whether edge and services prove themselves to each other with certificates."""

    metrics: bool = False
    """Whether Prometheus can collect metrics from each service, on loopback."""

    observe: bool = False
    """Whether traces, metrics and logs are kept and shown; needs `metrics`."""

    metrics_store: Path | None = None
    """Prometheus or VictoriaMetrics, which collects metrics beside it; None: neither is there."""
    archive: Path | None = None
    """Absolute path of the folder of backups that changes are archived into; None: they are not."""

    archive_days: float = Field(default=DEFAULT_ARCHIVE_DAYS, gt=0, le=3650)
    """How long what is archived stays."""

    port: int | None = None
    """Port of the edge."""

    tls_port: int | None = None
    """Port of the edge with TLS."""

    object_port: int | None = None
    """Port of the object store, which presigned URLs name."""

    admin_port: int | None = None
    """Port of Envoy's admin page, on loopback."""

    model: str = DEFAULT_MODEL
    """Model that embeds, as the embedder names it."""

    model_dir: Path | None = None
    """Absolute path of the models' folder, if it is not in the data folder."""

    embedders: int = Field(default=1, ge=1, le=MAX_EMBEDDERS)
    """How many embedders share the work."""

    replicas: Mapping[str, int] = Field(default_factory=dict)
    """How many there are of other services, by their names; one of those that are not named."""

    @property
    def layout(self) -> Layout:
        """Where this mesh keeps what it needs."""
        return Layout(self.data_dir)

    def replicas_of(self, service: str) -> int:
        """How many there are of a service."""
        return self.embedders if service == "embedder" else self.replicas.get(service, 1)

    @property
    def objects_host(self) -> str:
        """Address that the object store listens on: nobody else's, if its links go by the edge."""
        return LOOPBACK if self.public_url else self.host

    @property
    def models(self) -> Path:
        """Where converted models are kept."""
        return self.model_dir or self.layout.models
