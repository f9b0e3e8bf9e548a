"""NetworkService: an installed model's network as files."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
from argus.embedder.v1 import network_pb2, network_pb2_grpc

from services.embedder.errors import ModelNotFound
from services.embedder.models.patch_networks import PatchNetwork, PatchNetworks
from services.embedder.translate import patch_features_message

Context = grpc.aio.ServicerContext[Any, Any]

PIECE_BYTES = 2**20


class NetworkServicer(network_pb2_grpc.NetworkServiceServicer):
    """The RPC methods; the contract documents them."""

    def __init__(self, networks: PatchNetworks) -> None:
        self._networks = networks

    async def ExportPatchNetwork(
        self, request: network_pb2.ExportPatchNetworkRequest, context: Context
    ) -> AsyncIterator[network_pb2.ExportPatchNetworkResponse]:
        network = await asyncio.to_thread(self._networks.find, request.model)
        yield network_pb2.ExportPatchNetworkResponse(network=_message(network))
        for path in network.files:
            try:
                file = await asyncio.to_thread(path.open, "rb")
            except OSError:
                raise ModelNotFound(
                    f"{network.info.model} was removed, or replaced, just now", field="model"
                ) from None
            with file:
                while data := await asyncio.to_thread(file.read, PIECE_BYTES):
                    piece = network_pb2.FilePiece(name=path.name, data=data)
                    yield network_pb2.ExportPatchNetworkResponse(file=piece)


def _message(network: PatchNetwork) -> network_pb2.PatchNetwork:
    return network_pb2.PatchNetwork(
        model=network.info.model,
        model_version=network.info.version,
        preprocessing=network.info.preprocessing,
        patches=patch_features_message(network.patches),
        runtime=network.runtime,
        licence=network.licence,
    )
