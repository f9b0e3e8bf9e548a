"""Work on reference sets that goes on in the background."""
