"""An OpenCLIP model's networks, in torch. Imported only to build them."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class ImageTower(nn.Module):
    """Pixels to vectors.

    Args:
        network: An `open_clip` model.
        mean: Of each colour, 0 to 1.
        std: Of each colour, 0 to 1.
    """

    def __init__(self, network: Any, mean: tuple[float, ...], std: tuple[float, ...]) -> None:  # noqa: ANN401 - open_clip is untyped
        super().__init__()
        self.visual = network.visual
        self.scale = Scale(mean, std)

    def forward(self, pixels: Tensor) -> Tensor:
        """8-bit RGB [n, side, side, 3] to [n, dimension] of unit length."""
        return functional.normalize(_first(self.visual(self.scale(pixels))).float(), dim=-1)


class PatchTower(nn.Module):
    """Pixels to the tokens of a vision transformer's last block.

    Args:
        network: An `open_clip` model whose visual tower is its `VisionTransformer`.
        mean: Of each colour, 0 to 1.
        std: Of each colour, 0 to 1.
    """

    def __init__(self, network: Any, mean: tuple[float, ...], std: tuple[float, ...]) -> None:  # noqa: ANN401 - open_clip is untyped
        super().__init__()
        self.visual = network.visual
        self.scale = Scale(mean, std)

    def forward(self, pixels: Tensor) -> Tensor:
        """8-bit RGB [n, side, side, 3] to [n, rows, columns, width], not normalised."""
        rows, columns = self.visual.grid_size
        tokens = self.visual.transformer(self.visual._embeds(self.scale(pixels)))  # noqa: SLF001 - open_clip gives no other way to them
        grid: Tensor = tokens[:, 1:].unflatten(1, (rows, columns)).float()
        return grid


class Scale(nn.Module):
    """8-bit RGB [n, side, side, 3] to normalised [n, 3, side, side].

    Args:
        mean: Of each colour, 0 to 1.
        std: Of each colour, 0 to 1.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.mean = nn.Buffer(torch.tensor(mean).view(1, 3, 1, 1) * 255)
        self.std = nn.Buffer(torch.tensor(std).view(1, 3, 1, 1) * 255)

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalises."""
        return (pixels.permute(0, 3, 1, 2).float() - self.mean) / self.std


class TextTower(nn.Module):
    """Token ids of the whole context to vectors.

    Args:
        network: An `open_clip` model.
    """

    def __init__(self, network: Any) -> None:  # noqa: ANN401 - open_clip is untyped
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor) -> Tensor:
        """Ids [n, context length] to [n, dimension] of unit length."""
        return functional.normalize(_first(self.network.encode_text(ids)).float(), dim=-1)


class ShortTextTower(nn.Module):
    """Token ids to vectors, of about as many tokens as the longest text has.

    Where each token sees only those before it, and the vector is that of the
    end mark, what comes after the end mark changes nothing. It may even go
    beyond the context.

    Args:
        network: An `open_clip` model that `can_be_short`.
    """

    positions: Tensor
    mask: Tensor

    def __init__(self, network: Any) -> None:  # noqa: ANN401 - open_clip is untyped
        super().__init__()
        text = getattr(network, "text", network)
        self.embedding = text.token_embedding
        self.transformer = text.transformer
        self.norm = text.ln_final
        self.projection = text.text_projection
        # Longer than any text: torch cannot export a slice that may be the whole.
        room = 2 * len(text.positional_embedding)
        past = room - len(text.positional_embedding)
        self.positions = nn.Buffer(
            functional.pad(text.positional_embedding.detach(), (0, 0, 0, past))
        )
        self.mask = nn.Buffer(_causal(room))
        self.end: int | None = _eos_id(text) if _pooling(text) == "eos" else None

    def forward(self, ids: Tensor) -> Tensor:
        """Ids [n, length] to [n, dimension] of unit length."""
        length = ids.shape[1]
        hidden = self.embedding(ids) + self.positions[:length]
        hidden = self.norm(self.transformer(hidden, attn_mask=self.mask[:length, :length]))
        # The end mark's id is the greatest, where the model does not say which it is.
        end = ids.argmax(-1) if self.end is None else (ids == self.end).int().argmax(-1)
        pooled = hidden[torch.arange(ids.shape[0], device=ids.device), end]
        if self.projection is not None:
            linear = isinstance(self.projection, nn.Linear)
            pooled = self.projection(pooled) if linear else pooled @ self.projection
        return functional.normalize(pooled.float(), dim=-1)


def can_be_short(network: Any) -> bool:  # noqa: ANN401 - open_clip is untyped
    """Whether a model's text encoder gives the same for the part of a text up to its end mark."""
    text = getattr(network, "text", network)
    mask = getattr(text, "attn_mask", None)
    return (
        isinstance(mask, Tensor)
        and torch.equal(mask, _causal(len(mask)))
        and isinstance(getattr(text, "token_embedding", None), nn.Embedding)
        and getattr(text, "cls_emb", None) is None
        and not getattr(text, "use_pad_mask", False)
        and _pooling(text) in {"argmax", "eos"}
    )


def patch_grid(network: Any) -> tuple[int, int, int] | None:  # noqa: ANN401 - open_clip is untyped
    """Rows, stride in pixels and width of the patch tokens; None if there is no square of them."""
    from open_clip.transformer import VisionTransformer  # noqa: PLC0415 - imports torchvision, which must be made importable first

    visual = network.visual
    if not isinstance(visual, VisionTransformer) or visual.grid_size[0] != visual.grid_size[1]:
        return None
    return visual.grid_size[0], visual.patch_size[0], visual.conv1.out_channels


def _causal(length: int) -> Tensor:
    """What is added to attention so that no token sees a later one, [length, length]."""
    return torch.full((length, length), -torch.inf).triu(1)


def _pooling(text: Any) -> str:  # noqa: ANN401 - open_clip is untyped
    return str(getattr(text, "text_pool_type", getattr(text, "pool_type", "")))


def _eos_id(text: Any) -> int:  # noqa: ANN401 - open_clip is untyped
    return int(getattr(text, "text_eos_id", getattr(text, "eos_id", 0)))


def _first(answer: Any) -> Tensor:  # noqa: ANN401 - open_clip is untyped
    """Some models also give tokens."""
    found: Tensor = answer[0] if isinstance(answer, tuple) else answer
    return found
