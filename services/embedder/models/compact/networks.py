"""The compact model's two networks, in torch. Imported only to build them."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from services.embedder.models.compact import recipe


class ImageNetwork(nn.Module):
    """Pixels to vectors: what the picture means, then how it looks.

    Meaning is ConSE (Norouzi et al. 2013, arXiv:1312.5650): the sentence
    vectors of the likeliest classes' names, weighted by how much more probable
    each is than the likeliest class that is left out.
    Appearance is the backbone's pooled features, whitened and projected
    (`appearance_projection`).

    Args:
        backbone: A timm EfficientNet with its ImageNet classifier.
        class_vectors: Sentence vectors of the class names, [classes, 384].
    """

    class_vectors: Tensor
    centre: Tensor
    projection: Tensor

    def __init__(self, backbone: Any, class_vectors: Tensor) -> None:  # noqa: ANN401 - timm is untyped
        super().__init__()
        self.backbone = backbone
        centre, projection = appearance_projection(backbone)
        self.class_vectors = nn.Buffer(class_vectors)
        self.centre = nn.Buffer(centre)
        self.projection = nn.Buffer(projection)

    def forward(self, pixels: Tensor) -> Tensor:
        """8-bit RGB [n, 224, 224, 3] to [n, 512] of unit length."""
        scaled = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
        pooled = self.backbone.forward_features(scaled).mean((2, 3))
        likely = functional.softmax(self.backbone.classifier(pooled), dim=-1)
        # Taken off, so that a class does not come in with a jump when it overtakes another.
        next_one = likely.topk(recipe.CLASSES_USED + 1, dim=-1).values[:, -1:]
        likely = functional.relu(likely - next_one)
        meaning = functional.normalize(likely @ self.class_vectors, dim=-1)
        looks = functional.normalize((pooled - self.centre) @ self.projection, dim=-1)
        return torch.cat(
            [
                meaning * math.sqrt(1 - recipe.APPEARANCE_WEIGHT),
                looks * math.sqrt(recipe.APPEARANCE_WEIGHT),
            ],
            dim=-1,
        )


def appearance_projection(backbone: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401 - timm is untyped
    """Centre [1280] and projection [1280, 128] of pooled features, from weights alone.

    A feature is ReLU6 of a batch-normalised activation, so its mean and
    deviation over training images follow from the normalisation's shift and
    scale. The directions are those in which the classifier, centred over
    classes, tells most apart, each divided by its singular value.
    """
    shift, scale = backbone.bn2.bias.double(), backbone.bn2.weight.double().abs()
    steps = torch.linspace(-8, 8, 4001, dtype=torch.float64)
    density = torch.exp(-steps.square() / 2)
    density /= density.sum()
    activation = (shift[:, None] + scale[:, None] * steps).clamp(0, 6)
    mean = activation @ density
    deviation = ((activation - mean[:, None]).square() @ density).sqrt().clamp(min=1e-6)

    weights = backbone.classifier.weight.double()
    weights = (weights - weights.mean(0)) * deviation
    _, strengths, directions = torch.linalg.svd(weights, full_matrices=False)
    strengths = strengths[: recipe.APPEARANCE_DIMENSION]
    directions = directions[: recipe.APPEARANCE_DIMENSION]
    # A singular vector's sign is arbitrary; fixed, so that every machine makes the same model.
    largest = directions.abs().argmax(dim=1, keepdim=True)
    directions = directions * directions.gather(1, largest).sign()
    projection = (directions / strengths[:, None] / deviation).T
    return mean.float(), projection.float().contiguous()


class TextNetwork(nn.Module):
    """Token ids to sentence vectors: BERT (Devlin et al. 2019), averaged over tokens.

    Args:
        weights: The encoder's tensors, named as `transformers.BertModel` does.
        layers: Number of layers.
        heads: Attention heads per layer.
        epsilon: Of the layer normalisations.
    """

    def __init__(
        self, weights: Mapping[str, Tensor], *, layers: int, heads: int, epsilon: float
    ) -> None:
        super().__init__()
        self.epsilon = epsilon
        self.words = nn.Buffer(weights["embeddings.word_embeddings.weight"])
        self.positions = nn.Buffer(weights["embeddings.position_embeddings.weight"])
        self.segment = nn.Buffer(weights["embeddings.token_type_embeddings.weight"][0])
        self.norm_weight = nn.Buffer(weights["embeddings.LayerNorm.weight"])
        self.norm_bias = nn.Buffer(weights["embeddings.LayerNorm.bias"])
        self.layers = nn.ModuleList(
            _Layer(weights, f"encoder.layer.{index}.", heads=heads, epsilon=epsilon)
            for index in range(layers)
        )

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Ids and mask (1 for a token, 0 for padding), [n, length], to [n, 512] of unit length."""
        hidden = functional.embedding(ids, self.words)
        hidden = hidden + self.positions[: ids.shape[1]] + self.segment
        hidden = functional.layer_norm(
            hidden, hidden.shape[-1:], self.norm_weight, self.norm_bias, self.epsilon
        )
        tokens = mask.to(hidden.dtype)
        hide_padding = (1 - tokens[:, None, None, :]) * -1e4
        for layer in self.layers:
            hidden = layer(hidden, hide_padding)
        weights = tokens[..., None]
        sentence = functional.normalize((hidden * weights).sum(1) / weights.sum(1), dim=-1)
        return functional.pad(sentence, (0, recipe.APPEARANCE_DIMENSION))


class _Layer(nn.Module):
    def __init__(
        self, weights: Mapping[str, Tensor], prefix: str, *, heads: int, epsilon: float
    ) -> None:
        super().__init__()
        self.heads = heads
        self.query = _linear(weights, prefix + "attention.self.query")
        self.key = _linear(weights, prefix + "attention.self.key")
        self.value = _linear(weights, prefix + "attention.self.value")
        self.attended = _linear(weights, prefix + "attention.output.dense")
        self.attended_norm = _norm(weights, prefix + "attention.output.LayerNorm", epsilon)
        self.widen = _linear(weights, prefix + "intermediate.dense")
        self.narrow = _linear(weights, prefix + "output.dense")
        self.norm = _norm(weights, prefix + "output.LayerNorm", epsilon)

    def forward(self, hidden: Tensor, hide_padding: Tensor) -> Tensor:
        batch, length, width = hidden.shape

        def split(states: Tensor) -> Tensor:
            return states.view(batch, length, self.heads, width // self.heads).transpose(1, 2)

        attended = functional.scaled_dot_product_attention(
            split(self.query(hidden)),
            split(self.key(hidden)),
            split(self.value(hidden)),
            attn_mask=hide_padding,
        )
        attended = attended.transpose(1, 2).reshape(batch, length, width)
        hidden = self.attended_norm(hidden + self.attended(attended))
        normed: Tensor = self.norm(hidden + self.narrow(functional.gelu(self.widen(hidden))))
        return normed


def _linear(weights: Mapping[str, Tensor], name: str) -> nn.Linear:
    weight = weights[name + ".weight"]
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.load_state_dict({"weight": weight, "bias": weights[name + ".bias"]})
    return layer


def _norm(weights: Mapping[str, Tensor], name: str, epsilon: float) -> nn.LayerNorm:
    weight = weights[name + ".weight"]
    layer = nn.LayerNorm(weight.shape[0], eps=epsilon)
    layer.load_state_dict({"weight": weight, "bias": weights[name + ".bias"]})
    return layer
