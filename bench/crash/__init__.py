"""Whether an import survives that every process is killed."""
