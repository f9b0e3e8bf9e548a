"""Maps of users' images: a place in the plane for each, near those that look alike."""
