"""Keeping the index true to what storage has."""
