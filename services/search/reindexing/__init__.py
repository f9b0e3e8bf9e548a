"""Embedding all images with another model, while searches go on with the present one."""
