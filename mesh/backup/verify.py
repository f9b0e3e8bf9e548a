"""Reads a backup whole and says everything that is wrong with it."""

import asyncio
from contextlib import aclosing
from pathlib import Path

from mesh.backup.bucket import THREADS
from mesh.backup.contents import Needed, read_contents
from mesh.backup.create import DUMP
from mesh.backup.errors import BackupDamaged
from mesh.backup.index import Entry, read_index
from mesh.backup.manifest import NAME, Manifest, read_manifest
from mesh.backup.parallel import in_threads
from mesh.backup.progress import Steps
from mesh.backup.repository import Repository, sha256_of
from mesh.commands.words import counted


async def verify(
    repository: Repository, backup_id: str, steps: Steps, *, may_be_empty: bool = False
) -> tuple[Manifest, list[str]]:
    """Reads every byte of a backup.

    Args:
        repository: Where it is.
        backup_id: Which.
        steps: Told how far it is.
        may_be_empty: A backup without accounts and images is nothing wrong.

    Returns:
        What it says that it holds, and a sentence for each thing that is wrong.

    Raises:
        MeshError: Its manifest cannot be read.
    """
    folder = repository.backup(backup_id)
    manifest = read_manifest(folder)
    problems = await asyncio.to_thread(check_files, folder, manifest)
    if not may_be_empty and not manifest.users and not manifest.images:
        problems.append(
            "It holds nothing: no account and no image. If the mesh has none either, say "
            "--may-be-empty."
        )
    problems += [f"{key} was missing or damaged in the mesh." for key in manifest.missing]
    try:
        entries = read_index(folder)
        contents = await asyncio.to_thread(read_contents, folder / DUMP)
    except BackupDamaged as error:
        return manifest, [*problems, str(error)]
    if contents.tables != manifest.tables:
        problems.append("The dump has other rows than the manifest says.")
    total = sum(entry.size_bytes for entry in entries.values())
    if (len(entries), total) != (manifest.object_count, manifest.object_bytes):
        problems.append("The list has other objects than the manifest says.")
    unsupplied = set(manifest.missing)
    for needed in contents.needed:
        if needed.key not in unsupplied:
            problems += _of_row(needed, entries.get(needed.key))

    def check(entry: Entry) -> tuple[Entry, str]:
        return entry, check_blob(repository, entry)

    unique = {entry.sha256: entry for entry in entries.values()}
    with steps.of("objects", sum(entry.size_bytes for entry in unique.values())) as advance:
        async with aclosing(in_threads(check, unique.values(), THREADS)) as checked:
            async for entry, problem in checked:
                advance(entry.size_bytes)
                problems += [problem] if problem else []
    return manifest, problems


def check_files(folder: Path, manifest: Manifest) -> list[str]:
    """What is wrong with the files beside the manifest."""
    problems = []
    for name, file in manifest.files.items():
        try:
            found = sha256_of(folder / name)
        except OSError as error:
            problems.append(f"{name} cannot be read: {error.strerror}.")
            continue
        if found != (file.sha256, file.size_bytes):
            problems.append(
                f"{name} was changed: {counted(found[1], 'byte')} instead of {file.size_bytes}, "
                "or others."
            )
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    problems += [
        f"{name} does not belong to it." for name in sorted(there - {NAME, *manifest.files})
    ]
    return problems


def check_blob(repository: Repository, entry: Entry) -> str:
    """What is wrong with an object's bytes; empty if nothing is."""
    path = repository.blob(entry.sha256)
    try:
        found = sha256_of(path)
    except OSError as error:
        return f"{entry.key} cannot be read: {path}: {error.strerror}."
    if found != (entry.sha256, entry.size_bytes):
        return (
            f"{entry.key} was changed: {path}. Remove that file; the next backup copies it again."
        )
    return ""


def _of_row(needed: Needed, entry: Entry | None) -> list[str]:
    if entry is None:
        return [f"{needed.key} is named by a row and not there."]
    if needed.sha256 and (needed.sha256, needed.size_bytes) != (entry.sha256, entry.size_bytes):
        return [f"{needed.key} is not what its row says."]
    return []
