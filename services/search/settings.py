"""What search reads when it starts."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from services.runtime.settings import RuntimeSettings
from services.search.index.tuning import BuildTuning, ClusterTuning, GraphTuning, Quantization


class SearchSettings(RuntimeSettings):
    """Settings of the search service."""

    listen: str = Field(default="127.0.0.1:50054", pattern=r"^.+:\d{1,5}$")
    """`host:port` that search listens on."""

    postgres_url: str = Field(pattern=r"^postgres(ql)?://")
    """PostgreSQL, where saved searches and their matches are."""

    storage_url: str = "127.0.0.1:50052"
    """gRPC target of storage."""

    embedder_url: str = "127.0.0.1:50053"
    """gRPC target of the embedder."""

    qdrant_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    """REST address of a Qdrant server, whose gRPC is one port above; empty: Qdrant Edge in this
    process."""

    qdrant_api_key: SecretStr = SecretStr("")
    """Key of the Qdrant server; empty for none."""

    vector_dir: Path = Path(".argus/vectors")
    """Where Edge keeps its shards, one process at a time; unused with a server. Maps are in its
    folder `maps`, which replicas may share."""

    vector_graph_from: int = Field(default=20_000, ge=0, le=10_000_000)
    """Images without a graph above which Edge's is built, by a process beside search; 0: never. A
    server decides by itself."""

    vector_graph_threads: int = Field(default=1, ge=1, le=256)
    """Threads of that process, which gives way to everything else."""

    vector_m: int = Field(default=16, ge=4, le=128)
    """Edges of an image in the HNSW graph: more find more, and take memory and time to build."""

    vector_ef_construct: int = Field(default=200, ge=8, le=4096)
    """Candidates that are kept while an image is put into the graph."""

    vector_ef: int = Field(default=128, ge=8, le=4096)
    """Candidates that a query keeps: more find more, and take longer."""

    vector_quantization: Quantization = Quantization.NONE
    """`scalar` (a byte for each dimension) or `binary` (a bit): what is in memory and compared
    first; the best are compared again as they are, from the disk. `none` leaves a collection that a
    server has as it is."""

    vector_oversampling: float = Field(default=8.0, ge=1.0, le=100.0)
    """Of quantized vectors, how many times the hits that are wanted are compared again."""

    search_crops: bool = False
    """Whether images are indexed in parts, too, so that a region or a small thing finds the images
    that it is in: four to sixteen more vectors of each image are embedded, kept and compared.
    Images that have none get theirs once this is switched on."""

    qdrant_shards: int = Field(default=0, ge=0, le=1024)
    """Parts of a collection on the Qdrant server, fixed when it is made; 0: as the server is set,
    also of what follows."""

    qdrant_replication_factor: int = Field(default=0, ge=0, le=32)
    """Copies of each part."""

    qdrant_write_consistency: int = Field(default=0, ge=0, le=32)
    """Copies that must have taken a write before it is acknowledged; not more than there are."""

    search_map_bytes: int = Field(default=256 * 2**20, ge=2**20)
    """Bytes that the maps of all users may take on disk; those go first that nobody looks at."""

    search_memory_bytes: int = Field(default=32 * 2**20, ge=0)
    """Bytes of memory of a process for what was searched lately: half of it for vectors of queries,
    half for pages of matches; 0 remembers nothing."""

    search_saved_searches: int = Field(default=100, ge=0, le=10_000)
    """Saved searches of one user."""

    search_image_budget_bytes: int = Field(default=128 * 2**20, ge=2**20)
    """Bytes of images that the indexer holds at once."""

    embed_streams: int = Field(default=1, ge=1, le=64)
    """Streams that the indexer sends images over: as many as the embedder has replicas behind one
    address that balances streams."""

    @model_validator(mode="after")
    def _writes_reach_as_many_copies(self) -> Self:
        if self.qdrant_write_consistency > self.qdrant_replication_factor > 0:
            raise ValueError(
                "qdrant_write_consistency is above qdrant_replication_factor: no write would end"
            )
        return self

    def graph(self) -> GraphTuning:
        """What graphs are like."""
        return GraphTuning(
            m=self.vector_m,
            ef_construct=self.vector_ef_construct,
            ef=self.vector_ef,
            quantization=self.vector_quantization,
            oversampling=self.vector_oversampling,
        )

    def build(self) -> BuildTuning:
        """When Edge's graphs are built."""
        return BuildTuning(self.vector_graph_from, self.vector_graph_threads)

    def cluster(self) -> ClusterTuning:
        """How a server's collections are spread."""
        return ClusterTuning(
            self.qdrant_shards, self.qdrant_replication_factor, self.qdrant_write_consistency
        )
