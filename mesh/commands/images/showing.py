"""`argus images show`."""

import asyncio
from datetime import timedelta
from typing import Annotated, Literal

import typer
from argus.storage.v1 import image_pb2
from google.protobuf.json_format import MessageToDict
from rich.table import Table

from mesh.client.connection import connect
from mesh.client.images import get_image
from mesh.client.names import printable
from mesh.client.reference_sets import is_uuid
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, print_json
from mesh.errors import MeshError


@explained
def show(
    image_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a stored image.")],
    format_: Annotated[
        Literal["table", "json"], typer.Option("--format", help="How to print it.")
    ] = "table",
    server: Server = DEFAULT_SERVER,
) -> None:
    """Show the record of an image: what it is, what you wrote of it, how it was taken."""
    if not is_uuid(image_id):
        raise MeshError(
            f"`{printable(image_id)}` is not the id of an image.",
            "`argus images list` and `argus search` show the ids.",
        )

    async def run() -> image_pb2.Image:
        async with connect(server) as connection:
            return await get_image(connection, image_id)

    image = asyncio.run(run())
    if format_ == "json":
        print_json(MessageToDict(image))
        return
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in rows_of(image):
        table.add_row(name, value)
    Terminal(fold=True).print(table)


def rows_of(image: image_pb2.Image) -> list[tuple[str, str]]:
    """What is known of an image, in words."""
    capture = image.capture
    location = capture.location
    rows = [
        ("file", image.filename),
        ("state", image_pb2.Image.State.Name(image.state).lower()),
        ("problem", image.failure.message),
        ("type", image.content_type),
        ("pixels", f"{image.width}×{image.height}" if image.width else ""),
        ("pages", f"the first of {image.page_count}" if image.page_count > 1 else ""),
        ("bytes", f"{image.size_bytes:,}"),
        ("created", image.create_time.ToDatetime().strftime("%Y-%m-%d %H:%M:%S UTC")),
        ("taken", taken(capture)),
        ("camera", capture.camera),
        ("lens", capture.lens),
        ("exposure", exposure(capture)),
        (
            "place",
            f"{location.latitude:.6f}, {location.longitude:.6f}"
            if capture.HasField("location")
            else "",
        ),
        ("note", image.note),
        *((f"labels.{key}", value or "-") for key, value in sorted(image.labels.items())),
        ("sha256", image.sha256),
        ("image id", image.image_id),
    ]
    return [(name, value) for name, value in rows if value]


def taken(capture: image_pb2.Capture) -> str:
    """When it was taken, on the camera's clock; what that is worth, too."""
    if not capture.HasField("time"):
        return ""
    time = capture.time.ToDatetime()
    if not capture.HasField("utc_offset"):
        return f"{time:%Y-%m-%d %H:%M:%S} on the camera's clock (its time zone is not known)"
    offset = capture.utc_offset.ToTimedelta()
    sign = "-" if offset < timedelta() else "+"
    minutes = abs(offset) // timedelta(minutes=1)
    zone = f"{sign}{minutes // 60:02}:{minutes % 60:02}"
    return f"{time + offset:%Y-%m-%d %H:%M:%S} {zone}"


def exposure(capture: image_pb2.Capture) -> str:
    """Exposure, aperture, sensitivity, focal length and flash, of what is known."""
    seconds = capture.exposure_time_s
    parts = []
    if seconds:
        parts.append(f"1/{1 / seconds:.0f} s" if seconds < 0.4 else f"{seconds:g} s")
    if capture.f_number:
        parts.append(f"f/{capture.f_number:.3g}")
    if capture.iso:
        parts.append(f"ISO {capture.iso}")
    if capture.focal_length_mm:
        parts.append(f"{capture.focal_length_mm:.3g} mm")
    if capture.focal_length_35mm and capture.focal_length_35mm != round(capture.focal_length_mm):
        parts.append(f"({capture.focal_length_35mm} mm on 35 mm film)")
    if capture.flash:
        parts.append("flash")
    return " ".join(parts)
