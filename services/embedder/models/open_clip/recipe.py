"""What enters the version of an OpenCLIP model's vectors, beside its weights."""

RECIPE = "open_clip/2"
"""Must change with anything in this package that changes vectors."""
