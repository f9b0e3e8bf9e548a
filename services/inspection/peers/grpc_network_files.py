"""The embedder's networks as files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from argus.embedder.v1 import network_pb2, network_pb2_grpc

from services.clients.errors import EmbedderUnavailable
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.inspection.offline.manifest import Network, Patches
from services.runtime.outgoing import ServiceToken

TIMEOUT_S = 3600.0
"""A model of a gigabyte to somebody with a slow line."""


class GrpcNetworkFiles:
    """`NetworkFiles` over the embedder's NetworkService.

    Args:
        channel: To the embedder.
        token: This service's identity.
    """

    def __init__(self, channel: grpc.aio.Channel, token: ServiceToken) -> None:
        self._networks = network_pb2_grpc.NetworkServiceStub(channel)
        self._token = token

    @asynccontextmanager
    async def open(
        self, model: str
    ) -> AsyncIterator[tuple[Network, AsyncIterator[tuple[str, bytes]]]]:
        """What a model's network is, and its files in pieces; the call ends with the context.

        Raises:
            EmbedderUnavailable: if the embedder does not answer.
            ArgusError: the embedder's own error if it has no such network.
        """
        with translated("the embedder", EmbedderUnavailable, as_service=True):
            call = self._networks.ExportPatchNetwork(
                network_pb2.ExportPatchNetworkRequest(model=model),
                **await as_service(self._token, timeout_s=TIMEOUT_S),
            )
            try:
                answers = aiter(call)
                first = await anext(answers, None)
                if first is None:
                    raise EmbedderUnavailable("the embedder gave no network", retry_after_s=1)
                yield _network(first.network), _pieces(answers)
            finally:
                call.cancel()


async def _pieces(
    answers: AsyncIterator[network_pb2.ExportPatchNetworkResponse],
) -> AsyncIterator[tuple[str, bytes]]:
    async for answer in answers:
        yield answer.file.name, answer.file.data


def _network(message: network_pb2.PatchNetwork) -> Network:
    patches = message.patches
    return Network(
        model=message.model,
        version=message.model_version,
        preprocessing=message.preprocessing,
        patches=Patches(
            dimension=patches.dimension,
            stride=patches.stride,
            size=patches.size,
            min_size=patches.min_size,
            max_size=patches.max_size,
        ),
        runtime=message.runtime,
        licence=message.licence,
    )
