"""What images and queries say in words."""
