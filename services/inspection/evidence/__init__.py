"""What a version is worth: numbers with intervals, and what a report says of them."""
