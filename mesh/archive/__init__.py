"""A mesh's changes beside its backups as they happen, so that any moment can be restored."""
