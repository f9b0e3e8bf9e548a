"""Vectors kept outside the index, so that images need not be embedded again."""
