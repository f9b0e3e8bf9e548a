"""Makes torchvision importable beside a torch build that its compiled operators do not fit."""

import sys
from functools import cache

import torch


@cache
def import_torchvision() -> torch.library.Library | None:
    """Imports torchvision, whose compiled operators may be missing.

    torchvision's wheel from PyPI is built for the CUDA build of torch; beside
    the CPU build its operators do not load, and the import fails where Python
    code refers to them. Nothing here detects boxes, so declaring them is enough.

    Returns:
        The declarations, which live as long as this is referred to; None if
        torchvision has its operators.
    """
    try:
        import torchvision  # noqa: PLC0415 - whether this works is the question
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    else:
        return None
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call] # torch is partly typed
    for name in ("nms", "qnms"):
        schema = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        library.define(schema)  # type: ignore[no-untyped-call] # torch is partly typed
    import torchvision  # noqa: F401, PLC0415 - works now

    return library
