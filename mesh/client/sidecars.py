"""What people wrote of their pictures in files beside them: XMP sidecars, and a manifest.

Lightroom, Capture One and Bridge write `photo.xmp` beside `photo.jpg`; darktable and digiKam
`photo.jpg.xmp`. A manifest is a table of a person's own: CSV with the columns `file`, `note`
and `labels.<key>`, or JSON Lines with `file`, `note` and `labels`.
"""

import csv
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argus_client.description import Description
from argus_client.reading import FileProblem, opened
from mesh.client.names import printable
from mesh.errors import MeshError
from services.imaging.xmp import MOST_BYTES, XmpUnreadable, read_xmp
from services.storage.taking_over import labels_and_note

MOST_MANIFEST_BYTES = 256 * 2**20
_SUFFIX = ".xmp"
_LABELS = "labels."


@dataclass
class Sidecars:
    """XMP files beside the files that are imported.

    Attributes:
        found: How many were read.
        problems: Those that could not be, and why; their pictures are imported all the same.
    """

    found: int = 0
    problems: list[tuple[Path, str]] = field(default_factory=list)
    _folders: dict[Path, Mapping[str, str]] = field(default_factory=dict)

    def of(self, file: Path) -> Description:
        """What is written beside a file: that named after the whole file before the other."""
        beside = self._beside(file.parent)
        for name in (f"{file.name}{_SUFFIX}", f"{file.stem}{_SUFFIX}"):
            written = beside.get(name.casefold())
            if written is not None:
                return self._read(file.parent / written)
        return Description()

    def _beside(self, folder: Path) -> Mapping[str, str]:
        """Names of XMP files of a folder by their names in small letters."""
        if folder not in self._folders:
            try:
                names = [one for one in os.listdir(folder) if one.casefold().endswith(_SUFFIX)]  # noqa: PTH208 - names alone
            except OSError:
                names = []
            self._folders[folder] = {name.casefold(): name for name in sorted(names)}
        return self._folders[folder]

    def _read(self, sidecar: Path) -> Description:
        try:
            with opened(sidecar) as stream:
                described = read_xmp(stream.read(MOST_BYTES + 1))
        except (FileProblem, XmpUnreadable) as problem:
            self.problems.append((sidecar, str(problem)))
            return Description()
        self.found += 1
        labels, note = labels_and_note({}, "", described)
        return Description(labels, note)


class Manifest:
    """What a table says of files.

    Args:
        rows: What it says, by the absolute path of each file.
    """

    def __init__(self, rows: Mapping[Path, Description]) -> None:
        self._rows = rows
        self._used: set[Path] = set()

    def of(self, file: Path) -> Description:
        """What it says of a file; nothing if it does not name it."""
        place = _absolute(file)
        self._used.add(place)
        return self._rows.get(place, Description())

    @property
    def unused(self) -> list[Path]:
        """Files that it names and nobody asked for, in its order."""
        return [place for place in self._rows if place not in self._used]


def read_manifest(path: Path) -> Manifest:
    """Reads a manifest. Its paths are relative to its own folder.

    Raises:
        MeshError: It cannot be read, or a line of it says what cannot be said; the line is named.
    """
    name = printable(str(path))
    try:
        with opened(path) as stream:
            content = stream.read(MOST_MANIFEST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except FileProblem as problem:
        raise MeshError(f"The manifest {name} cannot be read: {problem}.") from None
    except UnicodeDecodeError:
        raise MeshError(f"The manifest {name} is not in UTF-8.") from None
    if len(content) > MOST_MANIFEST_BYTES:
        raise MeshError(f"The manifest {name} is longer than {MOST_MANIFEST_BYTES >> 20} MiB.")
    rows: dict[Path, Description] = {}
    lines = _json_lines(text) if path.suffix.lower() in {".jsonl", ".ndjson"} else _csv(text)
    try:
        for line, row in lines:
            place = _absolute(path.parent / str(row.get("file", "")).replace("\0", ""))
            wrong = _complaint(row) or ("`file` is there twice" if place in rows else "")
            if wrong:
                raise MeshError(f"Line {line} of the manifest {name}: {wrong}.")
            rows[place] = Description(row.get("labels", {}), row.get("note", ""))
    except csv.Error as error:
        raise MeshError(f"The manifest {name} is no CSV: {error}.") from None
    return Manifest(rows)


def _complaint(row: Mapping[str, Any]) -> str:
    """What is wrong with a row; empty if nothing is."""
    unknown = sorted(row.keys() - {"file", "note", "labels"})
    if unknown:
        return f"there is no `{printable(unknown[0])}`; there are file, note and labels"
    file, labels = row.get("file"), row.get("labels", {})
    if not isinstance(file, str) or not file:
        return "`file` is missing"
    if not isinstance(row.get("note", ""), str):
        return "`note` is no text"
    if not isinstance(labels, dict) or not all(isinstance(one, str) for one in labels.values()):
        return "`labels` is no object of texts"
    return ""


def _json_lines(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        yield number, row if isinstance(row, dict) else {"file": ""}


def _csv(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    columns = next(reader, [])
    for cells in reader:
        row: dict[str, Any] = {"labels": {}}
        for column, cell in zip(columns, cells, strict=False):
            if column.startswith(_LABELS):
                # An empty cell is no label.
                row["labels"] |= {column.removeprefix(_LABELS): cell} if cell else {}
            else:
                row[column] = cell
        if cells:
            yield reader.line_num, row


def _absolute(file: Path) -> Path:
    return Path(os.path.abspath(file))  # noqa: PTH100 - links stay what they are
