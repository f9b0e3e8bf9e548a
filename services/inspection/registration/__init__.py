"""Aligning images to a reference: where parts are placed the same, positions mean something."""
