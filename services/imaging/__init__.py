"""Encoded images: what they are, their pixels, their small versions, their hashes."""
