"""Vectors that were computed before."""
