"""`argus images`: one file for each kind of command."""
