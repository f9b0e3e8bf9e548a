"""Pictures that show a verdict: heat maps, overlays, regions."""
