"""EfficientNet-Lite0 with the weights that a package ships. Imports torch."""

from typing import Any

import torch

from services.embedder.models.compact.weights import image_weights
from services.embedder.models.torchvision_ops import import_torchvision


def trained_backbone() -> Any:  # noqa: ANN401 - timm is untyped
    """The network with its ImageNet classifier, in evaluation mode."""
    import_torchvision()
    import timm  # noqa: PLC0415 - imports torchvision, which must be made importable first

    backbone: Any = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    trained = torch.load(image_weights(), map_location="cpu", weights_only=True)
    # The checkpoint names the same tensors differently, in the same order.
    names = backbone.state_dict().keys()
    backbone.load_state_dict(dict(zip(names, trained.values(), strict=True)))
    return backbone.eval()
