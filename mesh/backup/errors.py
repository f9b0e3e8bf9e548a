"""What can be wrong with a backup."""

from mesh.errors import MeshError


class BackupDamaged(MeshError):
    """A backup is not what it says that it is; the message says where."""


class RepositoryBusy(MeshError):
    """Somebody else is at work on a folder of backups."""
