"""Storage of Qdrant Edge: shards that get their graphs from a process of its own."""
