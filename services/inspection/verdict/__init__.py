"""Arithmetic that knows no images: thresholds, confidence, intervals, agreement, drift."""
