"""Images and texts to vectors of one space."""
