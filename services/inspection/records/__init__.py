"""What inspection remembers, in PostgreSQL."""
