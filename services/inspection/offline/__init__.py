"""A version as one file, to inspect with where there is no mesh."""
