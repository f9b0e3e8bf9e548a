"""`argus info`: what a mesh takes in and can do."""

import asyncio

from argus.installation.v1 import installation_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mesh.client.connection import connect
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, say
from mesh.model_list import in_mesh

_FEATURES = {
    installation_pb2.FEATURE_WATCH_IMAGES: "images can be watched as they change",
    installation_pb2.FEATURE_MAP: "a map shows which images look alike",
    installation_pb2.FEATURE_TEXT_SEARCH: "images can be found by words",
    installation_pb2.FEATURE_ZERO_SHOT: "images can be inspected by words, without normal images",
    installation_pb2.FEATURE_LOCALIZATION: "defects can be located in images",
}


@explained
def info(*, server: Server = DEFAULT_SERVER) -> None:
    """Show what a mesh takes in and can do: limits, models, features."""
    installation = asyncio.run(_ask(server))
    say(f"{installation.name}, Argus {installation.version}", style="bold")
    _print_limits(installation.limits)
    _print_models(installation)
    for feature in installation.features:
        # A newer mesh may have some that are not known here.
        if feature in _FEATURES:
            say(f"  {_FEATURES[feature]}")
    if installation.trace_share:
        say(f"  traces of calls are kept: {installation.trace_share:.0%} of those clients begin")


async def _ask(server: str) -> installation_pb2.Installation:
    async with connect(server) as connection:
        return await connection.call(
            connection.installation.GetInstallation, installation_pb2.GetInstallationRequest()
        )


def _print_limits(limits: installation_pb2.Limits) -> None:
    images, search, inspection = limits.images, limits.search, limits.inspection
    table = Table("limit", "at most", box=SIMPLE_HEAD)
    for name, value in (
        ("image", f"{_bytes(images.max_bytes)}, {images.max_pixels / 1e6:,.0f} megapixels"),
        ("shorter side of an image", f"{images.min_side:,} pixels or more"),
        ("types of images", ", ".join(one.partition("/")[2] for one in images.content_types)),
        ("labels of an image", f"{images.max_labels:,}"),
        ("images that one call changes", f"{images.max_batch_images:,}"),
        ("images of a user", _or_any(f"{images.max_user_images:,}", images.max_user_images)),
        ("bytes of a user", _or_any(_bytes(images.max_user_bytes), images.max_user_bytes)),
        ("uploads that wait to be completed", f"{images.max_pending_uploads:,}"),
        ("time to bring a deleted image back", _hours(images.undelete_grace.seconds)),
        ("matches of a search", f"{search.max_matches:,}, {search.max_page_size:,} at once"),
        ("image to search with or to inspect", _bytes(search.max_image_bytes)),
        ("images on a map", f"{search.max_map_images:,}"),
        ("images of a reference set", f"{inspection.max_set_images:,}"),
        ("inspections without feedback", f"{_hours(inspection.keep.seconds)} old"),
    ):
        table.add_row(name, value)
    Terminal(fold=True).print(table)


def _print_models(installation: installation_pb2.Installation) -> None:
    table = Table("model", "reads", "state", "memory", box=SIMPLE_HEAD)
    for model in installation.models:
        row = in_mesh(model)
        name = f"{row.model} (default)" if model.default else row.model
        table.add_row(name, ", ".join(row.modalities), row.state, _bytes(row.memory_bytes))
    Terminal(fold=True).print(table)


def _or_any(words: str, limit: int) -> str:
    return words if limit else "no limit"


def _bytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"


def _hours(seconds: int) -> str:
    return f"{seconds // 86_400:,} days" if seconds > 86_400 else f"{seconds / 3600:,.0f} hours"
