"""Which item a worker gets next, and which callers wait."""
