"""Answering a query."""
