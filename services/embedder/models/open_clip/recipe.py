"""What enters the version of an OpenCLIP model's vectors, beside its weights."""

RECIPE = "open_clip/2"
"""Changes with whatever here changes vectors."""
