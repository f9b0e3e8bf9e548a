"""The model that needs no download: weights from packages, run by OpenVINO.

`convert` builds it with torch in a process of its own, `artifacts` keeps the
result, `model` runs it without importing torch.
"""
