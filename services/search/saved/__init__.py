"""Searches that are kept, and new images that match them."""
