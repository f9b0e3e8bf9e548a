"""What people of bad will do at the edge: for tests that it is in vain, and for a benchmark."""
