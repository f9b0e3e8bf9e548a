"""Parts whose views are inspected at once: which picture shows what, and what was found."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import grpc
from argus.inspection.v1 import inspection_pb2 as pb

from argus_client.errors import reason_of
from mesh.client.connection import PATIENCE_S, Connection
from mesh.client.inspector import Item, Unreadable, judged, read_image
from mesh.client.names import printable
from mesh.client.reference_sets import is_uuid
from mesh.errors import MeshError

AT_ONCE = 4
"""Parts under way."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of a part."""

    item: Item
    view_ids: Sequence[str] = ()
    """Ids of the views that it shows; all that no other one shows if there are none."""


@dataclass(frozen=True, slots=True)
class PartFinding:
    """What came of a part: an answer, or a reason and its words."""

    shots: Sequence[Shot]
    answer: pb.InspectPartResponse | None = None
    reason: str = ""
    problem: str = ""
    saved: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    """File names of each view's overlay and heat map, and why they could not be saved; by the
    view's id."""


def shots_of_views(found: pb.ReferenceSet, named: Sequence[str]) -> list[Shot]:
    """Pictures as `VIEW=FILE` or `VIEW=ID`; a picture that is named for several views is sent once.

    Raises:
        MeshError: It names no view of the set, or one twice, or no picture.
    """
    shown: dict[str, list[str]] = {}
    for one in named:
        name, equals, source = one.partition("=")
        if not (name and equals and source):
            raise MeshError(
                f"`{printable(one)}` does not name a view and its picture.",
                "For example: --view top=top.png",
            )
        view_id = _view_id(found, name)
        if any(view_id in ids for ids in shown.values()):
            raise MeshError(f"The view `{printable(name)}` is named twice.")
        shown.setdefault(source, []).append(view_id)
    return [Shot(_item(source), ids) for source, ids in shown.items()]


async def inspect_parts(
    connection: Connection,
    template: pb.InspectPartRequest,
    parts: Sequence[Sequence[Shot]],
    done: Callable[[int, PartFinding], PartFinding],
) -> list[PartFinding]:
    """Inspects parts; what was found of each, in their order.

    Args:
        connection: To the mesh.
        template: Request without frames.
        parts: The pictures of each.
        done: Told of each finding as it comes, with its part's place; what is kept of it.
    """
    room = asyncio.Semaphore(AT_ONCE)

    async def one(place: int, shots: Sequence[Shot]) -> PartFinding:
        async with room:
            return done(place, await _inspect(connection, template, shots))

    return await asyncio.gather(*(one(place, shots) for place, shots in enumerate(parts)))


async def _inspect(
    connection: Connection, template: pb.InspectPartRequest, shots: Sequence[Shot]
) -> PartFinding:
    request = pb.InspectPartRequest()
    request.CopyFrom(template)
    # However often it is sent.
    request.request_id = str(uuid4())
    for shot in shots:
        frame = request.frames.add(reference_set_ids=shot.view_ids)
        if shot.item.image_id or shot.item.file is None:
            frame.image_id = shot.item.image_id
            continue
        try:
            frame.image = await asyncio.to_thread(read_image, shot.item.file)
        except Unreadable as error:
            reason, problem = error.args
            return PartFinding(shots, reason=reason, problem=f"{shot.item.name}: {problem}")
    try:
        answer = await connection.call(
            connection.inspection.InspectPart, request, patience_s=PATIENCE_S
        )
    except grpc.aio.AioRpcError as error:
        reason = reason_of(error) or error.code().name
        return PartFinding(shots, reason=reason, problem=error.details() or "no answer")
    for view in answer.views:
        if view.HasField("inspection"):
            judged(view.inspection)
    return PartFinding(shots, answer)


def _item(source: str) -> Item:
    file = Path(source)
    if is_uuid(source) and not file.exists():
        return Item(source, image_id=source)
    return Item(source, file=file)


def _view_id(found: pb.ReferenceSet, name: str) -> str:
    """Id of the view that a person means; the set itself has a view of its own."""
    known = [(one.display_name, one.reference_set_id) for one in found.views]
    if found.current_version:
        known.insert(0, (found.display_name, found.reference_set_id))
    ids = [one_id for display, one_id in known if name == display or name.lower() == one_id]
    if len(ids) > 1:
        listed = "\n".join(f"  {one_id}" for one_id in ids)
        raise MeshError(
            f"{len(ids)} views are called `{printable(name)}`.", f"Give the id of one:\n{listed}"
        )
    if not ids:
        names = ", ".join(f"`{printable(display)}`" for display, _ in known)
        raise MeshError(
            f"{printable(found.display_name)} has no view `{printable(name)}`.",
            f"Its views are {names}."
            if known
            else "`argus refset create NAME --view-of SET` makes one.",
        )
    return ids[0]
