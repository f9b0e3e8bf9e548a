"""Copies of files that were made larger than what is written in them, as logs of Edge are."""

import errno
import os
import shutil

_AT_ONCE = 2**24


def copy_written(source: str, target: str) -> str:
    """Copies what a file has, and leaves out what nobody has written; it reads as zeros.

    Args:
        source: A file that nobody writes to.
        target: Where it is copied to; made or replaced.

    Returns:
        The target, as a function for `shutil.copytree` does.
    """
    with open(source, "rb") as read, open(target, "wb") as written:  # noqa: PTH123 # shutil's own
        size = os.fstat(read.fileno()).st_size
        position = 0
        while position < size:
            try:
                begin = os.lseek(read.fileno(), position, os.SEEK_DATA)
                end = os.lseek(read.fileno(), begin, os.SEEK_HOLE)
            except OSError as error:
                if error.errno == errno.ENXIO:
                    break
                # The file system does not know.
                begin, end = position, size
            read.seek(begin)
            written.seek(begin)
            while begin < end and (some := read.read(min(_AT_ONCE, end - begin))):
                written.write(some)
                begin += len(some)
            position = end
        written.truncate(size)
    shutil.copymode(source, target)
    return target
