"""The folder in which a restore makes a mesh before it is whole: `DIR.restoring` beside DIR."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from mesh.backup.manifest import Manifest
from mesh.errors import MeshError
from mesh.layout import Layout


class _Begun(BaseModel):
    """Which backup it is made of."""

    backup_id: str
    digest: str


def staging_of(layout: Layout) -> Layout:
    """Where a folder is made before it is whole."""
    return Layout(layout.data_dir.with_name(f"{layout.data_dir.name}.restoring"))


def note_of(staging: Layout) -> Path:
    """The file that says what is being made; gone when it is whole."""
    return staging.data_dir / "restoring.json"


def check_not_restoring(layout: Layout) -> None:
    """Refuses to start an empty mesh where one is being restored.

    Raises:
        MeshError: A restore is under way, or was interrupted.
    """
    if not layout.data_dir.exists() and note_of(staging_of(layout)).exists():
        raise MeshError(
            f"A restore into {layout.data_dir} has not ended.",
            "Give the same `argus backup restore` again: it goes on where it was. Or remove "
            f"{staging_of(layout).data_dir}.",
        )


def begin(staging: Layout, manifest: Manifest) -> None:
    """Makes the folder, or goes on with one that was begun for the same backup.

    Raises:
        MeshError: It was begun for another.
    """
    begun = _Begun(backup_id=manifest.backup_id, digest=manifest.digest)
    if staging.data_dir.exists() and any(staging.data_dir.iterdir()):
        try:
            former = _Begun.model_validate_json(note_of(staging).read_text(encoding="utf-8"))
        except (OSError, ValidationError):
            former = None
        if former != begun:
            what = f"a restore of {former.backup_id}" if former else "something else"
            raise MeshError(
                f"{staging.data_dir} has what is left of {what}.",
                "Remove it, or finish that restore first.",
            )
    staging.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    note_of(staging).write_text(begun.model_dump_json(), encoding="utf-8")
    staging.make()
