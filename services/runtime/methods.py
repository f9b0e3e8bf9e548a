"""Methods of the contract, by the name that a call has."""

from functools import cache

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor


@cache
def find_method(method: str) -> MethodDescriptor | None:
    """The descriptor of a full method, `/package.Service/Method`; None if nobody knows it.

    Remembered for ever: ask for what a server serves, not for whatever a caller names.
    """
    try:
        return descriptor_pool.Default().FindMethodByName(method[1:].replace("/", "."))
    except KeyError:
        return None
