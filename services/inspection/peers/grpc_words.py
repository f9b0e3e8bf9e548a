"""Texts' and images' vectors of one model, for judging by words."""

from collections.abc import AsyncIterator, Sequence

import grpc
import numpy as np
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc

from services.clients.errors import EmbedderUnavailable
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.inspection.errors import ModelNotClip, ModelNotFound
from services.inspection.model import Box, FloatArray
from services.inspection.scoring.words_inspector import Windows
from services.runtime.outgoing import ServiceToken
from services.runtime.status import from_status

TIMEOUT_S = 30.0
LIST_TIMEOUT_S = 5.0

NOT_CLIP = frozenset({"compact"})
"""Models that read texts but were not trained on images with texts: whether a thing is damaged is
nothing that they can see."""

_NEEDED = {embedder_pb2.MODALITY_IMAGE, embedder_pb2.MODALITY_TEXT}


class GrpcWords:
    """`Words` over the embedder, on the caller's behalf and in the caller's time.

    Calls carry this service's own token: a stream of images may outlive the token
    that its caller began it with.

    Args:
        channel: To the embedder.
        token: This service's identity.
    """

    def __init__(self, channel: grpc.aio.Channel, token: ServiceToken) -> None:
        self._embedder = embedder_pb2_grpc.EmbedderServiceStub(channel)
        self._token = token

    async def clip_model(self, model: str) -> tuple[str, str]:
        """Id and version of a CLIP model; the default model if empty.

        Raises:
            ModelNotFound: there is none of that name.
            ModelNotClip: it does not see what words say.
            EmbedderUnavailable: if the embedder does not answer.
        """
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            answer = await self._embedder.ListModels(
                embedder_pb2.ListModelsRequest(),
                **await as_service(self._token, timeout_s=LIST_TIMEOUT_S),
            )
        for one in answer.models:
            if one.model == model or (not model and one.default):
                if one.model in NOT_CLIP or not _NEEDED.issubset(one.modalities):
                    raise ModelNotClip(
                        f"{one.model} cannot judge by words; name a CLIP model, such as"
                        " ViT-B-32/laion2b_s34b_b79k"
                    )
                return one.model, one.version
        raise ModelNotFound(f"there is no model {model}")

    async def texts(self, texts: Sequence[str], model: str) -> FloatArray:
        """Texts' vectors of unit length, [n, d]."""
        requests = [
            embedder_pb2.EmbedTextsRequest(item_id=str(place), text=text, model=model)
            for place, text in enumerate(texts)
        ]
        found: dict[str, FloatArray] = {}
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            options = await as_service(self._token, timeout_s=TIMEOUT_S, on_behalf=True)
            call = self._embedder.EmbedTexts(_each(requests), **options)
            async for answer in call:
                if answer.error.code:
                    raise from_status(answer.error)
                found[answer.item_id] = np.array(answer.embedding.values, np.float32)
        if len(found) != len(texts):
            raise EmbedderUnavailable("the embedder ended without an answer", retry_after_s=1)
        return np.stack([found[str(place)] for place in range(len(texts))])

    async def windows(self, image: bytes, model: str) -> Windows:
        """Vectors of an encoded image and of its crops."""
        request = embedder_pb2.EmbedImageRequest(
            image=image,
            model=model,
            crops=True,
            priority=embedder_pb2.PRIORITY_INTERACTIVE,
        )
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            options = await as_service(self._token, timeout_s=TIMEOUT_S, on_behalf=True)
            answer = await self._embedder.EmbedImage(request, **options)
        return Windows(
            whole=np.array(answer.embedding.values, np.float32),
            boxes=[
                Box(one.box.left, one.box.top, one.box.right, one.box.bottom)
                for one in answer.crops
            ],
            vectors=np.array([one.values for one in answer.crops], np.float32),
        )


async def _each(
    requests: Sequence[embedder_pb2.EmbedTextsRequest],
) -> AsyncIterator[embedder_pb2.EmbedTextsRequest]:
    for request in requests:
        yield request
