"""Which files an import or an inspection takes, and which it passes over."""

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from argus_client.reading import FileProblem, head
from services.imaging.formats import ImageFormat, sniff

SUFFIXES = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".tif",
    ".tiff", ".avif", ".heic", ".heif", ".hif",
))  # fmt: skip
"""Files in folders that are taken for what their name says, also if they turn out damaged."""

OTHER_PICTURES = frozenset((
    # still pictures
    ".heics", ".avifs", ".avci", ".jxl", ".jp2", ".j2k", ".j2c", ".jpc",
    ".jpf", ".jpx", ".jpm", ".jxr", ".wdp", ".hdp", ".mpo", ".jps", ".insp", ".pjpeg", ".pjp",
    ".psd", ".psb", ".xcf", ".kra", ".ora", ".tga", ".exr", ".hdr", ".pcx", ".ppm", ".pgm", ".pbm",
    ".pnm", ".pam", ".pfm", ".qoi", ".ico", ".icns", ".cur", ".dds", ".sgi", ".ras", ".xbm", ".xpm",
    ".svg", ".svgz", ".eps", ".wmf", ".emf", ".bpg", ".flif", ".mng", ".jng", ".dcm", ".dicom",
    ".fits", ".fit", ".fts", ".btf",
    # camera raw
    ".dng", ".raw", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".orf", ".rw2",
    ".rwl", ".raf", ".pef", ".srw", ".x3f", ".3fr", ".fff", ".iiq", ".erf", ".kdc", ".dcr", ".mrw",
    ".mef", ".mos", ".gpr",
))  # fmt: skip
"""Suffixes of pictures in formats that are not taken; what is inside decides."""

SYSTEM_FOLDERS = frozenset((
    "@eadir", "@tmp", "@recycle", "@recently-snapshot", "@__thumb", "#recycle", "#snapshot",
    "$recycle.bin", "system volume information", "lost+found", "__macosx",
))  # fmt: skip
"""Folders in which NAS devices and operating systems keep thumbnails and what was deleted."""

_SUFFIX = re.compile(r"\.[a-z0-9]{0,9}[a-z][a-z0-9]{0,9}", re.ASCII)


@dataclass
class Collection:
    """What was found under the paths that a person named."""

    files: list[Path] = field(default_factory=list)
    """What is taken, each file once, in a stable order."""
    foreign: list[Path] = field(default_factory=list)
    """Pictures in folders whose formats are not taken; counted in `others` too."""
    others: Counter[str] = field(default_factory=Counter)
    """Files in folders that are not taken, by their suffix in lower case; "" is none."""
    hidden_files: int = 0
    folders: Counter[str] = field(default_factory=Counter)
    """Hidden and system folders that were not looked into, by name."""
    problems: list[tuple[Path, str]] = field(default_factory=list)
    """Folders that could not be read, and why."""


def collect(paths: Iterable[Path]) -> Collection:
    """The files that are meant: those named, and in folders, at any depth, the images.

    A file in a folder is taken if its suffix is an image's, or if it has no
    suffix (or that of another picture format) and holds a format that is
    taken. Hidden files and folders are passed over, unless named themselves.
    Links are followed, and each folder is walked once.
    """
    walk = _Walk()
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - unlike Path.is_dir it raises nothing
            walk.folder(path)
        else:
            walk.take(path, os.path.realpath(path))
    return walk.found


def suffix_of(name: str) -> str:
    """A file's suffix in lower case; empty if what follows the last dot is none, as in `a.0001`."""
    stem, dot, last = name.rpartition(".")
    suffix = f"{dot}{last}".lower()
    return suffix if stem and _SUFFIX.fullmatch(suffix) else ""


class _Walk:
    def __init__(self) -> None:
        self.found = Collection()
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def take(self, file: Path, real: str) -> None:
        if real not in self._files:
            self._files.add(real)
            self.found.files.append(file)

    def folder(self, folder: Path) -> None:
        left = [(folder, os.path.realpath(folder).rstrip("/"))]
        while left:
            here, real = left.pop()
            if real in self._folders:
                continue
            self._folders.add(real)
            try:
                with os.scandir(here) as scanned:
                    entries = sorted(scanned, key=lambda entry: entry.name)
            except OSError as error:
                self.found.problems.append((here, error.strerror or str(error)))
                continue
            inner = [one for entry in entries if (one := self._entry(entry, real))]
            left += reversed(inner)

    def _entry(self, entry: os.DirEntry[str], real_folder: str) -> tuple[Path, str] | None:
        """Takes or counts what is in a folder; answers it if it is a folder to be walked."""
        path = Path(entry.path)
        # Only of links, because that takes a look at each folder above.
        real = os.path.realpath(path) if entry.is_symlink() else f"{real_folder}/{entry.name}"
        hidden = entry.name.startswith(".")
        if _is_folder(entry):
            if not hidden and entry.name.casefold() not in SYSTEM_FOLDERS:
                return path, real
            self.found.folders[entry.name] += 1
        elif hidden:
            self.found.hidden_files += 1
        elif _is_meant(entry):
            self.take(path, real)
        else:
            suffix = suffix_of(entry.name)
            self.found.others[suffix] += 1
            if suffix in OTHER_PICTURES:
                self.found.foreign.append(path)
        return None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_meant(entry: os.DirEntry[str]) -> bool:
    """Whether a file in a folder is to be taken; one that cannot be read is, and then reported."""
    suffix = suffix_of(entry.name)
    if suffix in SUFFIXES:
        return True
    if suffix and suffix not in OTHER_PICTURES:
        return False
    try:
        return entry.is_file() and _holds_picture(head(Path(entry.path)), suffix)
    except (OSError, FileProblem):
        return True


def _holds_picture(start: bytes, suffix: str) -> bool:
    found = sniff(start)
    if found is ImageFormat.TIFF:
        # Camera raw looks like TIFF.
        return not suffix
    if found is ImageFormat.BMP:
        # Two letters announce it, with which words begin as well; its header has zeros at 6.
        return start[6:10] == bytes(4)
    return found is not None
