"""Becomes another program that dies when its supervisor does.

Run as a script before the part itself, because what it does (change the user,
ask the kernel for a signal at the parent's death) is not safe between fork and
exec of a process with threads. It uses the standard library only, and ends by
replacing itself.
"""

import argparse
import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Drops privileges, ties its life to the parent's, and executes the command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death-signal", type=int, required=True)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    command = given.command[1:]  # the first is the "--" that ends the options
    # Files and sockets of a part are nobody else's, whoever starts it.
    os.umask(0o077)
    if given.uid is not None:
        os.setgroups([])
        os.setgid(given.gid)
        os.setuid(given.uid)
    if sys.platform == "linux":
        # After setuid, which clears it.
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, given.death_signal, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != given.parent:
        sys.exit("the supervisor is gone")
    os.execvpe(command[0], command, os.environ)  # noqa: S606 - replacing itself is its purpose


if __name__ == "__main__":
    main()
