"""Search: what is found by words, by a picture or by a stored image."""
