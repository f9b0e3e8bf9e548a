"""How many duplicates are found, in which time and memory, beside comparing all with all."""
