"""What one item of several is told of its failure."""

import logging

from services.runtime.errors import ArgusError
from services.runtime.request import current_call

_log = logging.getLogger(__name__)


def explained(error: Exception) -> ArgusError:
    """What an item is told of an error, as a call would be."""
    if isinstance(error, ArgusError):
        return error
    _log.error("an item of several failed", exc_info=error)
    call = current_call()
    return ArgusError(f"internal error; quote request id {call.request_id if call else ''}")
