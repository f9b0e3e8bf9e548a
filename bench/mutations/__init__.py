"""Damaged images, as many as one likes, into what verifies uploads."""
