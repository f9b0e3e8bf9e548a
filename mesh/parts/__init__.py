"""The parts of the single-machine edition, one module for each kind."""
