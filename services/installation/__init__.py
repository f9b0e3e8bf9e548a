"""What an installation takes in, can do, and how it is; a service composes it."""
