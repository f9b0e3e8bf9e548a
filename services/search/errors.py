"""What search refuses, and why."""

from services.clients.model import Space
from services.runtime.errors import (
    FailedPrecondition,
    InvalidInput,
    NotFound,
    ResourceExhausted,
    Unavailable,
)


class QueryEmpty(InvalidInput):
    """The text has no words."""

    reason = "QUERY_EMPTY"


class ExamplesCancelOut(InvalidInput):
    """What is wanted is what is not wanted; nothing is left to look for."""

    reason = "EXAMPLES_CANCEL_OUT"


class RegionTooSmall(InvalidInput):
    """A region of an image has too few pixels to be seen."""

    reason = "REGION_TOO_SMALL"


class PartsNotIndexed(FailedPrecondition):
    """Parts of images are to be compared, and the index has none."""

    reason = "PARTS_NOT_INDEXED"


class CursorInvalid(InvalidInput):
    """The cursor is not one of ours, or belongs to another query."""

    reason = "INVALID_CURSOR"


class MatchesForgotten(FailedPrecondition):
    """New matches behind the cursor are not kept any more."""

    reason = "CURSOR_EXPIRED"


class SavedSearchNotFound(NotFound):
    """The caller has saved no such search."""

    reason = "SAVED_SEARCH_NOT_FOUND"


class TooManySavedSearches(ResourceExhausted):
    """The caller has as many saved searches as one may have."""

    reason = "TOO_MANY_SAVED_SEARCHES"


class UpdateInvalid(InvalidInput):
    """The change of a saved search cannot be made as it is written."""

    reason = "INVALID_REQUEST"


class QueryTooLarge(InvalidInput):
    """The query, with its pictures, is larger than what is kept."""

    reason = "QUERY_TOO_LARGE_TO_SAVE"


class IndexUnavailable(Unavailable):
    """The vector index does not answer."""

    reason = "INDEX_UNAVAILABLE"


class IndexFull(IndexUnavailable):
    """The disk of the vector index is nearly full, and nothing is written to it."""

    reason = "INDEX_FULL"


class SpaceGone(IndexUnavailable):
    """The index answers, and has not the space that was opened; it must be opened anew."""


class PointRefused(InvalidInput, ValueError):
    """The index answers, and will never take this point."""

    reason = "INDEX_REFUSED"


class ContentTooLarge(InvalidInput):
    """The image is larger than what can be sent to be embedded."""

    reason = "IMAGE_TOO_LARGE"


class VectorWrong(InvalidInput):
    """A vector is not of the space that it is said to be of."""

    reason = "VECTOR_WRONG"


class VectorsOfAnotherModel(FailedPrecondition):
    """A snapshot's vectors are of another space than the one that searches use."""

    reason = "VECTORS_OF_ANOTHER_MODEL"


class SnapshotDamaged(InvalidInput):
    """A snapshot was cut off, or is none."""

    reason = "SNAPSHOT_DAMAGED"


class CutoffUnknown(FailedPrecondition):
    """Only confident matches are wanted, and nothing says which these are."""

    reason = "NO_CUTOFF"


class CutoffNotReady(Unavailable):
    """Only confident matches are wanted, and which these are is still being learnt."""

    reason = "CUTOFF_NOT_READY"


class MapFailed(Exception):
    """A map could not be made; it is tried again later."""


class DuplicatesFailed(Unavailable):
    """Images could not be compared to find duplicates."""

    reason = "DUPLICATES_FAILED"


class TooManyImages(FailedPrecondition):
    """There are more images than are compared at once."""

    reason = "TOO_MANY_IMAGES"


class ModelUnknown(NotFound):
    """The embedder has no such model."""

    reason = "MODEL_NOT_FOUND"


class ModelUnsuitable(FailedPrecondition):
    """The model cannot be the one that searches use."""

    reason = "MODEL_UNSUITABLE"


class ReindexRunning(FailedPrecondition):
    """Images are being embedded with another model already."""

    reason = "REINDEX_RUNNING"


class StreamBroke(Unavailable):
    """The stream to the embedder broke after an image was sent and before it was answered."""

    reason = "EMBEDDER_UNAVAILABLE"


class IndexingFailed(InvalidInput):
    """Embedding the image ended the embedder, again and again, also when it was alone."""

    reason = "INDEXING_FAILED"


class OtherModel(Unavailable):
    """The image was embedded by another model than the one whose space is in use."""

    reason = "EMBEDDER_UNAVAILABLE"


class SpaceChanged(Exception):
    """The embedder runs another model than the index was opened for.

    Args:
        space: That model's space.
    """

    def __init__(self, space: Space) -> None:
        super().__init__(f"the embedder's space is {space} now")
        self.space = space


class EventsLost(Exception):
    """The event stream is gone; what it held must be announced anew."""
