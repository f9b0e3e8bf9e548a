"""What storage reads when it starts."""

from pathlib import Path

from pydantic import Field, SecretStr

from services.runtime.settings import RuntimeSettings


class StorageSettings(RuntimeSettings):
    """Settings of the storage service."""

    listen: str = Field(default="127.0.0.1:50052", pattern=r"^.+:\d{1,5}$")
    """`host:port` that storage listens on."""

    postgres_url: str = Field(pattern=r"^postgres(ql)?://")
    """PostgreSQL; storage owns the schema `storage`."""

    s3_url: str = Field(default="http://127.0.0.1:9000", pattern=r"^https?://[^/]+$")
    """The object store as the services see it."""

    s3_public_url: str = Field(default="http://127.0.0.1:9000", pattern=r"^https?://[^/]+$")
    """The object store as clients see it; presigned URLs begin with it."""

    s3_signed_host: str = ""
    """Host, perhaps with a port, that the store sees in requests by presigned URLs, where a proxy
    such as the edge stands before it; empty: that of the URL."""

    s3_access_key: str = Field(min_length=1)
    """Access key of the object store."""

    s3_secret_key: SecretStr = Field(min_length=1)
    """Secret key of the object store."""

    s3_bucket: str = Field(default="images", pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    """Bucket that holds the objects; made if it is not there."""

    s3_region: str = "us-east-1"
    """Region that signatures name."""

    storage_max_image_bytes: int = Field(default=50 * 2**20, ge=1, le=2**30)
    """Longest image in bytes that is taken."""

    storage_max_pixels: int = Field(default=64_000_000, ge=64, le=1_000_000_000)
    """Most pixels, width times height, that an image may have."""

    storage_min_side: int = Field(default=8, ge=1, le=1024)
    """Shortest side in pixels that an image may have."""

    storage_put_ttl_s: int = Field(default=900, ge=1, le=7 * 86_400)
    """Seconds that a presigned PUT works."""

    storage_upload_ttl_s: int = Field(default=3600, ge=1, le=7 * 86_400)
    """Seconds after which an upload that was not completed fails."""

    storage_pending_uploads: int = Field(default=2_000, ge=100)
    """Uploads of one user that are reserved and not completed."""

    storage_pending_bytes: int = Field(default=20 * 2**30, ge=2**30)
    """Bytes of those together, as they were declared."""

    storage_quota_images: int = Field(default=0, ge=0)
    """Images of one user, those in the trash included; 0: as many as they like."""

    storage_quota_bytes: int = Field(default=0, ge=0)
    """Bytes of those together, without thumbnails and renditions; 0: as many as they like."""

    storage_threads: int = Field(default=0, ge=0, le=64)
    """Images that are decoded at the same time; 0: as many as there are cores, 2 at least."""

    storage_incoming_bytes: int = Field(default=32 * 2**20, ge=16 * 2**20, le=2**34)
    """Bytes of images on streams that are in memory at the same time, until they are kept."""

    storage_incoming_user_bytes: int = Field(default=20 * 2**20, ge=10 * 2**20, le=2**34)
    """What one user may have of those, so that streams which hardly go on leave room to others."""

    storage_at_hand_bytes: int = Field(default=32 * 2**20, ge=0, le=2**34)
    """Bytes of images that were just verified and stay in memory, so that the indexer need not
    fetch them from the object store."""

    storage_budget_bytes: int = Field(default=128 * 2**20, ge=2**20, le=2**34)
    """Bytes of images that are in memory for verification at the same time."""

    storage_undelete_hours: float = Field(default=24.0, ge=0, le=24 * 365)
    """Hours that a deleted image can be brought back; 0: it is removed at once."""

    storage_max_video_bytes: int = Field(default=2 * 2**30, ge=2**20, le=5 * 2**30)
    """Longest video in bytes that is taken; so much is free where `storage_video_folder` is."""

    storage_max_video_s: int = Field(default=7_200, ge=1, le=86_400)
    """Longest video in seconds that is taken."""

    storage_video_time_s: int = Field(default=3_600, ge=10, le=86_400)
    """Seconds that taking one video apart may take."""

    storage_video_memory_bytes: int = Field(default=2**30, ge=2**28, le=2**36)
    """Address space of the process that takes a video apart, on Linux."""

    storage_video_folder: Path | None = None
    """Where a video lies while it is imported; empty: where the system keeps such files."""

    storage_upkeep_every_s: float = Field(default=5.0, gt=0, le=60)
    """Seconds between looks for expired uploads, objects to remove and images to announce again."""

    backup_record: Path | None = None
    """File in which `argus backup` says when the last backup was taken; its age is measured."""

    archive_record: Path | None = None
    """File in which a mesh's archive says up to which moment it reaches; that is measured, too."""
