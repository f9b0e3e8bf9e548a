"""What keeps inspection busy, in a process of its own: `python -m bench.contention.load`.

    load.py calibrate|inspect SERVER ACCOUNTS SET SECONDS FOLDER

Prints how much it got done, when the seconds are over.
"""

import asyncio
import sys
import time
from pathlib import Path

import grpc

from bench.inspection.inspecting import Inspecting, calibration_s
from mesh.client.account import AccountFile
from mesh.client.connection import connect

SIZE = 192
AT_A_TIME = 64
"""Images of one stream."""


async def calibrate(server: str, accounts: Path, set_id: str, end: float) -> int:
    """Calibrates a set again and again; how often."""
    done = 0
    async with connect(server, AccountFile(accounts)) as connection:
        while time.monotonic() < end:
            await calibration_s(connection, set_id, SIZE)
            done += 1
    return done


async def inspect(
    server: str, accounts: Path, set_id: str, end: float, *, contents: list[bytes]
) -> int:
    """Inspects images over streams, one after the other; how many."""
    done = 0
    async with (
        connect(server, AccountFile(accounts)) as connection,
        grpc.aio.insecure_channel(server) as channel,
    ):
        inspecting = Inspecting(channel, await connection.metadata(), set_id)
        requests = [
            inspecting.request(contents[number % len(contents)]) for number in range(AT_A_TIME)
        ]
        while time.monotonic() < end:
            await inspecting.per_s(requests)
            done += len(requests)
    return done


def main() -> int:
    """Works until the time is over; calibrations or images that were done."""
    kind, server, accounts, set_id, seconds, folder = sys.argv[1:]
    end = time.monotonic() + float(seconds)
    if kind == "calibrate":
        return asyncio.run(calibrate(server, Path(accounts), set_id, end))
    contents = [file.read_bytes() for file in sorted(Path(folder).iterdir())]
    return asyncio.run(inspect(server, Path(accounts), set_id, end, contents=contents))


if __name__ == "__main__":
    print(main(), flush=True)
