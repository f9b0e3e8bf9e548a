"""Embedding all images with another model, or again, while searches go on with the present one."""
