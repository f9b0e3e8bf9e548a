"""The compact model's patch features, in torch. Imported only to build them."""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from services.embedder.models.compact import recipe


class PatchNetwork(nn.Module):
    """Pixels to features of the middle of EfficientNet-Lite0.

    Three levels side by side, as PatchCore takes them (Roth et al. 2022,
    arXiv:2106.08265): 80 and 112 channels at stride 16, and before them the
    means of 2 x 2 of the 40 at stride 8.

    Args:
        backbone: timm's `tf_efficientnet_lite0`; left as it is.
    """

    def __init__(self, backbone: Any) -> None:  # noqa: ANN401 - timm is untyped
        super().__init__()
        fine, middle, coarse = recipe.PATCH_BLOCKS
        self.stem = nn.Sequential(_with_fixed_padding(backbone.conv_stem), backbone.bn1)
        self.fine = _with_fixed_padding(backbone.blocks[: fine + 1])
        self.middle = _with_fixed_padding(backbone.blocks[fine + 1 : middle + 1])
        self.coarse = _with_fixed_padding(backbone.blocks[middle + 1 : coarse + 1])

    def forward(self, pixels: Tensor) -> Tensor:
        """8-bit RGB [n, h, w, 3], sides multiples of 16, to [n, h / 16, w / 16, 232]."""
        scaled = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
        fine = self.fine(self.stem(scaled))
        middle = self.middle(fine)
        levels = [functional.avg_pool2d(fine, 2), middle, self.coarse(middle)]
        return torch.cat(levels, dim=1).permute(0, 2, 3, 1)


def _with_fixed_padding(stage: Any) -> nn.Module:  # noqa: ANN401 - timm is untyped
    """A copy whose strided convolutions pad as TensorFlow's do for even sides, without asking.

    timm computes that padding from the input's sides, which would fix them
    in an exported network.
    """
    copied = copy.deepcopy(stage)
    for module in list(copied.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Conv2d) and child.stride == (2, 2):
                setattr(module, name, _padded(child))
    return _padded(copied) if isinstance(copied, nn.Conv2d) else copied


def _padded(convolution: nn.Conv2d) -> nn.Module:
    """The same convolution of stride 2, padded by (k - 2) in all, the odd one at the end."""
    size = convolution.kernel_size[0]
    total = size - 2
    before, after = total // 2, total - total // 2
    plain = nn.Conv2d(
        convolution.in_channels,
        convolution.out_channels,
        size,
        stride=2,
        groups=convolution.groups,
        bias=False,
    )
    plain.load_state_dict(convolution.state_dict())
    return nn.Sequential(nn.ZeroPad2d((before, after, before, after)), plain)
