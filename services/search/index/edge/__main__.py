"""Builds one shard, in a process of its own that gives way to everything else, and ends.

It says `copied` when the former shard may be written to again, and ends when whoever started it
ends. Building holds the interpreter for its whole time, so a child of this process does that.
"""

import os
import select
import signal
import sys
import traceback

from services.runtime.niceness import give_way
from services.search.index.edge import qdrant_build
from services.search.index.edge.folders import write_down
from services.search.index.edge.order import BuildOrder

COPIED = "copied"
NICENESS = 15


def main() -> int:
    """Runs the child; its exit code, or that of a process whose parent has ended."""
    order = BuildOrder.from_json(sys.argv[1])
    ended, ends = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ended)
        _work(order)
    os.close(ends)
    told, _, _ = select.select([sys.stdin, ended], [], [])
    if ended not in told:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 1


def _work(order: BuildOrder) -> None:
    code = 1
    try:
        qdrant_build.copy(order)
        sys.stdout.write(f"{COPIED}\n")
        sys.stdout.flush()
        give_way(NICENESS)
        qdrant_build.build(order)
        write_down(order.target)
        code = 0
    except BaseException:  # noqa: BLE001 # a child that was forked must not go on as its parent
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
