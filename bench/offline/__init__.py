"""An exported version alone, beside the mesh that exported it."""
