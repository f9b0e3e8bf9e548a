"""How well inspection tells defects from normal tiles, and how fast, in one run."""
