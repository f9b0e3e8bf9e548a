"""Images that are the same: exactly, by their perceptual hashes, or by their embeddings."""
