"""The edge beside its services, beside an Envoy that does nothing but pass on, and under attack."""
