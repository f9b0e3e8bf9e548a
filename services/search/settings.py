"""What search reads when it starts."""

import socket
from pathlib import Path

from pydantic import Field, SecretStr

from services.runtime.settings import RuntimeSettings


class SearchSettings(RuntimeSettings):
    """Settings of the search service."""

    listen: str = Field(default="127.0.0.1:50054", pattern=r"^.+:\d{1,5}$")
    """`host:port` that search listens on."""

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

    search_map_bytes: int = Field(default=256 * 2**20, ge=2**20)
    """Bytes that the maps of all users may take on disk; those go first that nobody looks at."""

    replica: str = Field(default_factory=socket.gethostname, min_length=1, max_length=128)
    """Name of this replica among those of the same mesh; the same after a restart."""

    search_image_budget_bytes: int = Field(default=128 * 2**20, ge=2**20)
    """Bytes of images that the indexer holds at once."""

    embed_streams: int = Field(default=1, ge=1, le=64)
    """Streams that the indexer sends images over: as many as the embedder has replicas behind one
    address that balances streams."""
