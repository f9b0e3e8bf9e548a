"""Videos: taken in, taken apart into shots, and kept with an image of each."""
