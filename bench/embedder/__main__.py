"""`python -m bench.embedder`: the same as `python -m bench embedder`."""

import sys

from bench.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["embedder", *sys.argv[1:]]))
