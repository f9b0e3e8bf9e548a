"""What taking images in costs, and where it goes: through the edge until searchable."""
