"""What inspections draw, as files in a folder."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from argus.inspection.v1 import inspection_pb2

from mesh.client.names import MAX_SAVED_BYTES, printable, safe_name
from mesh.errors import MeshError

_ENDINGS_BYTES = len(".overlay.webp")
_NUMBER_BYTES = 12
"""Room for the number that tells names apart, such as `-2`."""


def picture_names(names: Sequence[str]) -> list[str]:
    """A short name for each file's pictures, no two alike and short enough on any file system.

    The stem where it is the only one of its kind, with the suffix or folders
    where it is not, with a number where even they are alike.
    """
    candidates = [_candidates(Path(name)) for name in names]
    level = [0] * len(names)
    while True:
        chosen = [one[at] for one, at in zip(candidates, level, strict=True)]
        counts = Counter(name.casefold() for name in chosen)
        alike = [
            index
            for index, name in enumerate(chosen)
            if counts[name.casefold()] > 1 and level[index] + 1 < len(candidates[index])
        ]
        if not alike:
            return _numbered(chosen)
        for index in alike:
            level[index] += 1


def make_folder(folder: Path) -> None:
    """Makes the folder that pictures are saved in, if there is none.

    Raises:
        MeshError: It cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MeshError(f"{printable(str(folder))} cannot be used: {error.strerror}.") from error


def save_pictures(
    inspection: inspection_pb2.InspectResponse, folder: Path, name: str
) -> tuple[str, str]:
    """Saves overlay and heat map, those that there are; their file names, empty without.

    Raises:
        OSError: One cannot be written.
    """
    overlay = heatmap = ""
    if inspection.overlay:
        overlay = f"{name}.overlay.webp"
        (folder / overlay).write_bytes(inspection.overlay)
    if inspection.heatmap:
        heatmap = f"{name}.heatmap.png"
        (folder / heatmap).write_bytes(inspection.heatmap)
    return overlay, heatmap


def _candidates(path: Path) -> list[str]:
    folders = [part for part in path.parent.parts if part not in {"/", ".", ".."}]
    longer = ["-".join((*folders[at:], path.name)) for at in range(len(folders) - 1, -1, -1)]
    room = MAX_SAVED_BYTES - _ENDINGS_BYTES - _NUMBER_BYTES
    return [safe_name(name, max_bytes=room) for name in (path.stem, path.name, *longer)]


def _numbered(names: Sequence[str]) -> list[str]:
    taken: set[str] = set()
    result = []
    for name in names:
        number, free = 1, name
        while free.casefold() in taken:
            number += 1
            free = f"{name}-{number}"
        taken.add(free.casefold())
        result.append(free)
    return result
