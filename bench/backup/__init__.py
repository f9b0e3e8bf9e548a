"""How long backups take, beside a raw copy of the same bytes."""
