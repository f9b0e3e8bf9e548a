"""The embedder's errors."""

from services.runtime.errors import NotFound, ResourceExhausted, Unavailable


class ModelNotFound(NotFound):
    """This embedder does not have the model that was asked for."""

    reason = "MODEL_NOT_FOUND"


class Overloaded(ResourceExhausted):
    """More items wait than the embedder takes."""

    reason = "OVERLOADED"


class ModelFailed(Unavailable):
    """The model raised, or gave something that is no vector of unit length."""

    reason = "MODEL_FAILED"


class ModelUnavailable(Exception):
    """The configured model cannot be loaded; the message says what to do. Stops the start."""
