"""Requests that may be sent again: the same request makes the same resource (AIP-155)."""

from uuid import UUID, uuid4, uuid5

_NAMESPACE = UUID("6d6ad2f2-3b0f-5d4e-9c55-0b9f3f6c7b61")


def resource_id(method: str, user_id: str, request_id: str) -> str:
    """The UUID of what a request makes.

    Args:
        method: Which request it is; ids of two methods never meet.
        user_id: Who sends it; nor do those of two users.
        request_id: The client's UUID for the request; empty if it is not to be sent again.

    Returns:
        Always the same for the same arguments; a new one if `request_id` is empty.
    """
    if not request_id:
        return str(uuid4())
    return str(uuid5(_NAMESPACE, f"{method}\n{user_id}\n{UUID(request_id)}"))
