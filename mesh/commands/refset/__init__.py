"""The commands of `argus refset`, one module for each kind."""
