"""Edge's failures, as search tells them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from services.search.errors import IndexUnavailable

_log = logging.getLogger(__name__)


@contextmanager
def translated() -> Iterator[None]:
    """Turns Edge's failures into `IndexUnavailable`."""
    try:
        yield
    except IndexUnavailable:
        raise
    except BaseException as error:
        # When it meets a fault of its own, Edge raises what is no `Exception`.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        _log.exception("the vector index failed")
        message = (
            "another process has the vector folder open"
            if "WouldBlock" in str(error)
            else "the vector index failed"
        )
        raise IndexUnavailable(message, retry_after_s=1) from error
