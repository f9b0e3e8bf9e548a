"""What an image costs in bytes and processor time: the coefficients of `argus capacity`."""
