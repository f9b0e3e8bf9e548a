"""Builds the images of `images/Containerfile` without a daemon and without a registry."""
