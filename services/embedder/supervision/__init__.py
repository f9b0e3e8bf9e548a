"""Worker processes: one for each model, kept alive, evicted by memory."""
