"""Inspection: what is not normal, where, and how sure."""
