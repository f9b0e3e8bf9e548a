"""What every service shares: settings, server, identity, health, telemetry."""
