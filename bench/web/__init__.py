"""The page in a real browser: what it fetches, how soon it shows, how smoothly it moves."""
