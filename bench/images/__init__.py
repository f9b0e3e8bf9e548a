"""Images, built and run: what is in them, how large they are, and what they may do."""
