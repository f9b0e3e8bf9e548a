"""What storage does with videos, put together."""

from collections.abc import Callable
from datetime import timedelta
from importlib.util import find_spec

from services.storage.in_hand import InHand
from services.storage.ports import Clock, Links
from services.storage.settings import StorageSettings
from services.storage.telemetry import StorageMetrics
from services.storage.videos.aside import CutterProcess
from services.storage.videos.bounds import Bounds
from services.storage.videos.importer import Verify, VideoImporter
from services.storage.videos.library import VideoLibrary
from services.storage.videos.model import CutLimits
from services.storage.videos.ports import FileStore
from services.storage.videos.postgres_videos import PostgresVideos
from services.storage.videos.servicer import VideoServicer


def assemble(
    settings: StorageSettings,
    videos: PostgresVideos,
    store: FileStore,
    links: Links,
    verify: Verify,
    *,
    in_hand: InHand,
    clock: Clock,
    changed: Callable[[], None],
    metrics: StorageMetrics,
) -> tuple[VideoImporter, VideoServicer]:
    """What imports videos, and what answers calls.

    Args:
        settings: Storage's variables.
        videos: Records.
        store: Objects.
        links: Presigned URLs at the store's public address.
        verify: Verifies key frames as uploaded images are.
        in_hand: Who works on what.
        clock: What time it is.
        changed: Told when images were made or removed.
        metrics: Where outcomes are counted.
    """
    importer = VideoImporter(
        videos,
        store,
        CutterProcess(_limits(settings)),
        verify,
        folder=settings.storage_video_folder,
        every_s=settings.storage_upkeep_every_s,
        clock=clock,
        settled=changed,
        metrics=metrics,
    )
    library = VideoLibrary(
        videos,
        store,
        links,
        in_hand=in_hand,
        # Where it is not, only what needs it is refused.
        supported=find_spec("av") is not None,
        max_bytes=settings.storage_max_video_bytes,
        put_ttl=timedelta(seconds=settings.storage_put_ttl_s),
        upload_ttl=timedelta(seconds=settings.storage_upload_ttl_s),
        clock=clock,
        queued=importer.wake,
        deleted=changed,
    )
    return importer, VideoServicer(library, links)


def _limits(settings: StorageSettings) -> CutLimits:
    return CutLimits(
        Bounds(
            max_us=settings.storage_max_video_s * 1_000_000,
            max_pixels=settings.storage_max_pixels,
            min_side=settings.storage_min_side,
            threads=settings.storage_threads,
        ),
        memory_bytes=settings.storage_video_memory_bytes,
        most_s=settings.storage_video_time_s,
    )
