"""How the C library gives memory back to the system."""

import ctypes
import sys

KEPT_BYTES = 64 * 2**20
"""What is freed and kept at the end of each heap."""

MAPPED_FROM_BYTES = 32 * 2**20
"""Larger pieces are mapped one by one; glibc's own maximum."""

# malloc.h of glibc
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3


def keep_freed_memory() -> None:
    """Keeps what images took for the next images.

    Pictures are some hundred kilobytes each: given back after each of them, the
    pages are cleared by the system and faulted in again for the next. Does
    nothing where the C library is not glibc.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, MAPPED_FROM_BYTES)
