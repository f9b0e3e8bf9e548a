"""The command line's side of the contract: signing in, importing, searching through the edge."""
