"""`argus usage`: how much somebody has, and may have."""

import asyncio

from argus.storage.v1 import image_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mesh.client.connection import connect
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_THOUSAND = 1000


@explained
def usage(server: Server = DEFAULT_SERVER) -> None:
    """Show how many images you have, the trash included, and how many you may have."""

    async def run() -> image_pb2.GetUsageResponse:
        async with connect(server) as connection:
            return await connection.call(connection.images.GetUsage, image_pb2.GetUsageRequest())

    found = asyncio.run(run())
    table = Table("", "images", "of", "size", "of", box=SIMPLE_HEAD, pad_edge=False)
    for name, one in (("kept", found.kept), ("waiting to be completed", found.pending)):
        table.add_row(
            name,
            f"{one.image_count:,}",
            f"{one.max_image_count:,}" if one.max_image_count else "any",
            sized(one.size_bytes),
            sized(one.max_size_bytes) if one.max_size_bytes else "any",
        )
    Terminal(fold=True).print(table)


def sized(size_bytes: int) -> str:
    """A number of bytes, for a person."""
    size, unit = float(size_bytes), 0
    while size >= _THOUSAND and unit < len(_UNITS) - 1:
        size, unit = size / _THOUSAND, unit + 1
    return f"{size:,.1f} {_UNITS[unit]}" if unit else f"{size_bytes} bytes"
