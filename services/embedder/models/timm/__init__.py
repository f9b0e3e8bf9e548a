"""Image encoders of timm: they read no text, and give patch features.

`build` loads one with timm and writes its networks, in the process that builds
models; `model` opens them without importing torch.
"""
