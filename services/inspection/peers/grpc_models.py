"""What the embedder's models can do."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.clients.errors import EmbedderUnavailable
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.inspection.errors import (
    ModelHasNoPatches,
    ModelNotFound,
    PatchSizeUnsupported,
)
from services.inspection.model import CalibrationSettings, Scorer
from services.runtime.outgoing import ServiceToken

TIMEOUT_S = 5.0
KNOWN_FOR_S = 5.0
"""How long the embedder is not asked again; it may be started anew with other models."""


class GrpcModels:
    """`SettingsCheck` over the embedder's ListModels.

    Args:
        channel: To the embedder.
        token: This service's identity.
        now_s: A clock that never goes back.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        token: ServiceToken,
        *,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._embedder = embedder_pb2_grpc.EmbedderServiceStub(channel)
        self._token = token
        self._now_s = now_s
        self._models: Sequence[embedder_pb2.Model] = ()
        self._asked_s = float("-inf")
        self._asking = asyncio.Lock()

    async def resolve(self, settings: CalibrationSettings) -> CalibrationSettings:
        """Settings with the model's id and size in place of empty and 0.

        For IMAGE_KNN the model is the default one, whose vectors the index has,
        and the size is that at which it sees whole images.

        Raises:
            ModelNotFound: there is no such model, or for IMAGE_KNN it is not the default one.
            ModelHasNoPatches: it gives no patch features, and PATCH_CORESET needs them.
            PatchSizeUnsupported: it does not see images of that size.
            EmbedderUnavailable: if the embedder does not answer.
        """
        models = await self._list()
        model = next(
            (
                model
                for model in models
                if (model.model == settings.model if settings.model else model.default)
            ),
            None,
        )
        if model is None:
            raise ModelNotFound(
                f"there is no model {settings.model}; there are "
                f"{', '.join(model.model for model in models)}",
                field="settings.model",
            )
        if settings.scorer is Scorer.IMAGE_KNN:
            if not model.default:
                raise ModelNotFound(
                    f"the index has no vectors of {model.model}, only of the default model",
                    field="settings.model",
                )
            least = most = chosen = model.image_size
        elif model.HasField("patches"):
            least, most = model.patches.min_size, model.patches.max_size
            chosen = model.patches.size
        else:
            raise ModelHasNoPatches(
                f"{model.model} gives no patch features", field="settings.model"
            )
        size = settings.size or chosen
        if not least <= size <= most:
            raise PatchSizeUnsupported(
                f"{model.model} sees images whose shorter side has {least} pixels"
                if least == most
                else f"{model.model} sees images whose shorter side has {least} to {most} pixels",
                field="settings.size",
                metadata={"min_size": str(least), "max_size": str(most)},
            )
        return replace(settings, model=model.model, size=size)

    async def _list(self) -> Sequence[embedder_pb2.Model]:
        async with self._asking:
            if self._now_s() - self._asked_s >= KNOWN_FOR_S:
                with translated("the embedder", EmbedderUnavailable, as_service=True):
                    answer = await self._embedder.ListModels(
                        embedder_pb2.ListModelsRequest(),
                        **await as_service(self._token, timeout_s=TIMEOUT_S),
                    )
                self._models, self._asked_s = list(answer.models), self._now_s()
            return self._models
