"""Backups of a mesh: taken while it runs, checked, and restored into an empty folder."""
