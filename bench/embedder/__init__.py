"""How near the embedder comes to what the machine can do, and to its peers."""
