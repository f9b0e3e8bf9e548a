"""Learning what normal is: banks of patches, their thresholds, heads."""
