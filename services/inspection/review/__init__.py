"""What people say of verdicts, what they should look at, and what follows from it."""
