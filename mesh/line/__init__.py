"""Inspecting at the pace of a line: pictures that appear in a folder, frames of a camera."""
