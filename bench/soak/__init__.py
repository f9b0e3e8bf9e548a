"""Whether a mesh that works for long stays as it is: memory, handles, connections, latency."""
