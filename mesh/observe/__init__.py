"""Traces, metrics and logs of one mesh, kept for a day and shown on a page; decision 34."""
