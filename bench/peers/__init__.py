"""Services like the embedder, for comparison. Each runs in an environment of its own."""
