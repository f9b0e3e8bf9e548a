"""What the embedder embeds with.

A model lies in a folder of its own under `ARGUS_MODEL_DIR`, made once by
`build` in a process of its own, described by its `manifest`, found by `store`
and opened by `load`. One package for each family: `compact`, `open_clip`,
`timm`. `runtimes` run their networks.
"""
