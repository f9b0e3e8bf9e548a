"""A timm model's two networks, in torch. Imported only to build them."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class ImageTower(nn.Module):
    """Pixels to vectors: the pooled features, as the classifier would get them.

    Args:
        network: Of timm.
        mean: Of each channel, for samples of 0 to 1.
        std: Of each channel, likewise.
    """

    def __init__(self, network: Any, mean: Sequence[float], std: Sequence[float]) -> None:  # noqa: ANN401 - timm is untyped
        super().__init__()
        self.network = network
        self.normalise = _Normalise(mean, std)

    def forward(self, pixels: Tensor) -> Tensor:
        """8-bit RGB [n, side, side, 3] to [n, dimension] of unit length."""
        features = self.network.forward_features(self.normalise(pixels))
        pooled: Tensor = self.network.forward_head(features, pre_logits=True)
        return functional.normalize(pooled.flatten(1), dim=-1)


class PatchTower(nn.Module):
    """Pixels to the last features, position by position.

    Args:
        network: Of timm, whose `forward_features` gives tokens or a feature map.
        mean: Of each channel, for samples of 0 to 1.
        std: Of each channel, likewise.
    """

    def __init__(self, network: Any, mean: Sequence[float], std: Sequence[float]) -> None:  # noqa: ANN401 - timm is untyped
        super().__init__()
        self.network = network
        self.normalise = _Normalise(mean, std)
        self.channels_last = str(getattr(network, "output_fmt", "NCHW")).endswith("NHWC")
        self.prefix = int(getattr(network, "num_prefix_tokens", 0))

    def forward(self, pixels: Tensor) -> Tensor:
        """8-bit RGB [n, side, side, 3] to [n, rows, columns, dimension].

        Raises:
            ValueError: if the features form no square grid.
        """
        features = self.network.forward_features(self.normalise(pixels))
        if not isinstance(features, Tensor) or features.dim() not in {3, 4}:
            raise ValueError("the model's features are neither tokens nor a feature map")
        if features.dim() == 3:
            tokens = features[:, self.prefix :]
            side = round(tokens.shape[1] ** 0.5)
            if side * side != tokens.shape[1]:
                raise ValueError(f"{tokens.shape[1]} tokens form no square grid")
            return tokens.reshape(tokens.shape[0], side, side, tokens.shape[2])
        return features if self.channels_last else features.permute(0, 2, 3, 1)


class _Normalise(nn.Module):
    """8-bit RGB [n, h, w, 3] to floats [n, 3, h, w] as the network was trained."""

    scale: Tensor
    shift: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        deviation = torch.tensor(std)[:, None, None]
        self.scale = nn.Buffer(1 / (255 * deviation))
        self.shift = nn.Buffer(torch.tensor(mean)[:, None, None] / deviation)

    def forward(self, pixels: Tensor) -> Tensor:
        return pixels.permute(0, 3, 1, 2).float() * self.scale - self.shift
