"""What enters the version of a timm model's vectors, beside its weights."""

RECIPE = "timm/1"
"""Changes with whatever here changes vectors."""
