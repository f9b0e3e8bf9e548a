"""The commands of `argus`, one module each."""
