"""Locks, audits and releases."""
