"""A straightforward PatchCore in torch, to be compared with.

The same backbone and levels, computed by torch; every patch of every reference
is kept; brute force; the mean distance of the worst hundredth is the score.
"""

from collections.abc import Sequence

import torch

from bench.inspection.features import LIMITS, THREADS
from services.embedder.models.compact import recipe
from services.embedder.models.compact.backbone import trained_backbone
from services.embedder.models.compact.patch_network import PatchNetwork
from services.embedder.models.patches import whole_image

WORST = 0.01


class TorchPatchCore:
    """Learns from encoded images and scores others.

    Args:
        size: Shorter side in pixels.
    """

    def __init__(self, size: int) -> None:
        torch.set_num_threads(THREADS)
        self._size = size
        self._network = PatchNetwork(trained_backbone()).eval()
        self._bank = torch.zeros(0, recipe.PATCHES.dimension)

    @torch.inference_mode()
    def learn(self, contents: Sequence[bytes]) -> int:
        """Keeps all patches, and says how many they are."""
        self._bank = torch.cat([self._features(content) for content in contents])
        return len(self._bank)

    @torch.inference_mode()
    def score(self, content: bytes) -> float:
        """How anomalous an image is."""
        features = self._features(content)
        distances = torch.cdist(features, self._bank).min(dim=1).values
        count = max(1, round(len(distances) * WORST))
        return float(distances.topk(count).values.mean())

    def _features(self, content: bytes) -> torch.Tensor:
        pixels = whole_image(
            content, LIMITS, recipe.PATCHES, size=self._size, multiple=recipe.PATCH_MULTIPLE
        )
        found: torch.Tensor = self._network(torch.from_numpy(pixels.copy())[None])
        return found.reshape(-1, found.shape[-1])
