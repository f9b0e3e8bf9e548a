"""Images: their bytes, thumbnails, records and life."""
