"""The vector index and its two adapters."""
