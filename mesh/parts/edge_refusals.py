"""What the edge's own refusals of gRPC calls carry, so that they look like the services'."""

import base64
from collections.abc import Mapping

from services.runtime.errors import ArgusError, RequestTooLarge, ResourceExhausted
from services.runtime.identity import EXPIRED, TokenExpired, TokenInvalid
from services.runtime.status import to_status


class RateLimited(ResourceExhausted):
    """The caller has begun as many calls of a kind as it may."""

    reason = "RATE_LIMITED"


_REFUSALS: Mapping[str, ArgusError] = {
    error.reason: error
    for error in (
        TokenInvalid("send a valid access token"),
        TokenExpired(EXPIRED),
        RequestTooLarge("the message is larger than this method takes"),
        # Buckets are filled every second.
        RateLimited("Too many calls of this kind: wait as RetryInfo says.", retry_after_s=1),
    )
}


def refusals() -> dict[str, str]:
    """The header `grpc-status-details-bin` of each refusal, by its reason."""
    return {
        reason: base64.b64encode(to_status(error).SerializeToString()).decode().rstrip("=")
        for reason, error in _REFUSALS.items()
    }
