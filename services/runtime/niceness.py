"""Threads that give way to others."""

import os
import sys


def give_way(by: int) -> None:
    """Lets other threads go before this one, by a niceness; Linux counts it by thread.

    Does nothing elsewhere, where it would slow the whole process.
    """
    if sys.platform == "linux":
        os.nice(by)
