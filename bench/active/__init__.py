"""Active learning end to end: misses and false alarms against the number of corrections."""
