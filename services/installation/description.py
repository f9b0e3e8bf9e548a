"""The use case: what an installation is, takes in and can do."""

import asyncio
from collections.abc import Iterable, Sequence

from argus.embedder.v1 import embedder_pb2
from argus.installation.v1 import installation_pb2

from services.installation.limits import limits_of
from services.installation.model import InspectionFacts
from services.installation.ports import Peers
from services.installation.remembered import Remembered

LIMITS_FRESH_S = 60.0
"""Limits change when storage is configured anew."""
MODELS_FRESH_S = 5.0
"""Models change when one is installed or loaded."""


class Description:
    """Describes an installation, also while a part is down that was asked before.

    Args:
        peers: Who knows.
        name: What whoever runs it calls it.
        version: Of Argus.
        inspection: What is known here.
        trace_share: Of the traces that clients begin, how many are kept, 0 to 1.
    """

    def __init__(
        self,
        peers: Peers,
        *,
        name: str,
        version: str,
        inspection: InspectionFacts,
        trace_share: float,
    ) -> None:
        self._name = name
        self._version = version
        self._inspection = inspection
        self._trace_share = trace_share
        self._limits = Remembered(peers.limits, fresh_s=LIMITS_FRESH_S)
        self._models = Remembered(peers.models, fresh_s=MODELS_FRESH_S)

    async def describe(self) -> installation_pb2.Installation:
        """Says all of it.

        Raises:
            StorageUnavailable, EmbedderUnavailable: it is down, and was not asked before.
        """
        limits, models = await asyncio.gather(self._limits.get(), self._models.get())
        return installation_pb2.Installation(
            name=self._name,
            version=self._version,
            limits=limits_of(limits, self._inspection),
            models=models,
            default_model=next((one.model for one in models if one.default), ""),
            features=features_of(models),
            trace_share=self._trace_share,
        )


def features_of(models: Sequence[embedder_pb2.Model]) -> list[installation_pb2.Feature]:
    """What can be done with these models, and what always can."""
    features = [installation_pb2.FEATURE_WATCH_IMAGES, installation_pb2.FEATURE_MAP]
    default = [one for one in models if one.default]
    if _has(default, embedder_pb2.MODALITY_TEXT):
        features.append(installation_pb2.FEATURE_TEXT_SEARCH)
    if _has(models, embedder_pb2.MODALITY_TEXT):
        features.append(installation_pb2.FEATURE_ZERO_SHOT)
    if _has(models, embedder_pb2.MODALITY_PATCHES):
        features.append(installation_pb2.FEATURE_LOCALIZATION)
    return features


def _has(models: Iterable[embedder_pb2.Model], modality: embedder_pb2.Modality) -> bool:
    return any(modality in one.modalities for one in models)
