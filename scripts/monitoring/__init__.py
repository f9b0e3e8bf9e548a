"""Alerts and dashboards, made of the declaration of telemetry."""
