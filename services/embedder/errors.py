"""The embedder's errors."""

from services.runtime.errors import InvalidInput, NotFound, ResourceExhausted, Unavailable


class ModelNotFound(NotFound):
    """This embedder does not have the model that was asked for."""

    reason = "MODEL_NOT_FOUND"


class ModalityUnsupported(InvalidInput):
    """The model cannot do what was asked of it, such as read a text."""

    reason = "MODALITY_UNSUPPORTED"


class PatchSizeUnsupported(InvalidInput):
    """The model gives no patch features at the size that was asked for."""

    reason = "PATCH_SIZE_UNSUPPORTED"


class Overloaded(ResourceExhausted):
    """More items wait than the embedder takes."""

    reason = "OVERLOADED"


class ModelMemoryExhausted(ResourceExhausted):
    """The model does not fit into the memory that models may take, even alone."""

    reason = "MODEL_MEMORY_EXHAUSTED"


class ModelFailed(Unavailable):
    """The model raised, or gave something that is no vector of unit length."""

    reason = "MODEL_FAILED"


class ItemCrashed(InvalidInput):
    """The model's process ended while it worked on this item alone, for the second time."""

    reason = "ITEM_CRASHED_MODEL"


class ModelUnavailable(Exception):
    """The configured model cannot be loaded; the message says what to do. Stops the start."""
