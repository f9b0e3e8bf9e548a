"""Compares images, in a process of its own that gives way to everything else, and ends."""

import resource
import sys
from pathlib import Path

from services.runtime.niceness import give_way
from services.search.duplicates.task import DuplicatesTask

NICENESS = 15
CPU_S = 3600
"""Seconds of a processor after which it ends, also if nobody waits for it any more."""

if __name__ == "__main__":
    give_way(NICENESS)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    DuplicatesTask(Path(sys.argv[1])).run()
