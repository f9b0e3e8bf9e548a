"""`argus inspect --offline`: an exported version inspects files, and no mesh is asked."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from argus.inspection.v1 import inspection_pb2

from mesh.client.inspector import Finding, Item, Unreadable, read_image
from mesh.errors import MeshError

AT_ONCE = 2
"""Images under way: one is prepared while the network sees another."""

Found = Callable[[int, Finding], None]


async def inspect_offline(
    file: Path, template: inspection_pb2.InspectRequest, items: Sequence[Item], found: Found
) -> list[Finding]:
    """Inspects files with an exported version; what was found of each, in their order.

    Args:
        file: The exported version.
        template: Which pictures are wanted.
        items: Files.
        found: Told of each finding as it comes, with the item's place.

    Raises:
        MeshError: the exported version cannot be used, or what inspects is not installed.
    """
    # They take a second to import, which no other command needs.
    try:
        from argus_offline import OfflineFileWrong, OfflineInspector, open_file  # noqa: PLC0415
        from services.inspection.messages.inspections import (  # noqa: PLC0415
            OVERLAYS,
            inspection_message,
        )
        from services.runtime.errors import ArgusError  # noqa: PLC0415
    except ImportError as error:
        raise MeshError(
            f"Nothing here inspects offline: {error.name} is not installed.",
            "Install Argus whole, or argus-offline alone: docs/offline.md.",
        ) from error

    findings: dict[int, Finding] = {}
    left = iter(enumerate(items))

    async def one(inspector: OfflineInspector, item: Item) -> Finding:
        if item.file is None:
            return Finding(item, reason="IMAGE_NOT_FOUND", problem="it is no file")
        try:
            image = await asyncio.to_thread(read_image, item.file)
            inspection = await inspector.inspect(
                image, heatmap=template.heatmap, overlay=OVERLAYS[template.overlay]
            )
        except Unreadable as error:
            reason, problem = error.args
            return Finding(item, reason=reason, problem=problem)
        except ArgusError as error:
            return Finding(item, reason=error.reason, problem=error.message)
        return Finding(item, inspection=inspection_message(inspection, {}))

    async def some(inspector: OfflineInspector) -> None:
        for index, item in left:
            findings[index] = await one(inspector, item)
            found(index, findings[index])

    try:
        async with open_file(file) as inspector, asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(some(inspector))
    except OfflineFileWrong as error:
        raise MeshError(f"{file}: {error}") from error
    return [findings[index] for index in range(len(items))]
