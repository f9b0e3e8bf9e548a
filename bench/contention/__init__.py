"""How much longer people's searches take while inspection is busy."""
