"""How much memory a part takes."""

import psutil


def memory_bytes(pid: int, *, descendants: bool = True) -> int:
    """Memory of a process and what it started, bytes; 0 if it is gone.

    Counted as proportional set size where the kernel tells it, so that pages
    which PostgreSQL's processes share count once; resident set size elsewhere.
    """
    try:
        process = psutil.Process(pid)
        members = [process, *(process.children(recursive=True) if descendants else [])]
    except psutil.NoSuchProcess:
        return 0
    return sum(_one(member) for member in members)


def _one(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.AccessDenied, AttributeError):
        try:
            return int(process.memory_info().rss)
        except psutil.NoSuchProcess:
            return 0
    except psutil.NoSuchProcess:
        return 0
