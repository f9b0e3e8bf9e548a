"""What it costs a mesh to tell of itself."""
