"""The model that needs no download: weights from packages.

`build` makes its networks with torch, in the process that builds models;
`model` opens them without importing torch.
"""
