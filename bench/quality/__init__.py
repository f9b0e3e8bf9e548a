"""How good search is: what words, examples and parts of pictures find, and what is refused."""
