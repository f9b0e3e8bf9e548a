"""The process that one resident model has to itself.

`python -m services.embedder.worker` loads a model, reads items from a socket
that its service gave it and answers them: `frames` says in which bytes. Three
stages overlap, each with threads of its own: items are prepared, embedded, and
answered (`pipeline`, `finisher`). It ends at once when its service does.
"""
