"""What enters the version of a timm model's vectors, beside its weights."""

RECIPE = "timm/1"
"""Must change with anything in this package that changes vectors."""
