"""What scores mean in a collection: what unrelated queries score there, and where chance ends."""
