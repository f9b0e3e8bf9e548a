"""Calls that only the operator makes: to a mesh of this machine, past its edge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal

import grpc
from argus.auth.v1 import auth_pb2, auth_pb2_grpc, operator_pb2_grpc

from mesh.credentials import load_credentials
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.options import LOOPBACK
from mesh.parts.inner_tls import inner_channel, inner_tls
from mesh.supervision.state import read_state

if TYPE_CHECKING:
    OperatorStub = operator_pb2_grpc.OperatorServiceAsyncStub

NAME = "operator"
TIMEOUT_S = 15.0
Metadata = tuple[tuple[str, str], ...]


@asynccontextmanager
async def operator(layout: Layout) -> AsyncIterator[tuple["OperatorStub", Metadata]]:
    """Auth's operator service on this machine, and what its calls carry.

    Raises:
        MeshError: No mesh runs on this folder.
    """
    async with at_service(layout, "auth") as (channel, metadata):
        yield operator_pb2_grpc.OperatorServiceStub(channel), metadata


@asynccontextmanager
async def at_service(
    layout: Layout, service: Literal["auth", "storage", "search", "inspection"]
) -> AsyncIterator[tuple[grpc.aio.Channel, Metadata]]:
    """A service on this machine, past the edge, and what calls to it carry.

    Whoever may read the secrets in the data folder runs the mesh, and needs no account.

    Raises:
        MeshError: No mesh runs on this folder.
    """
    state = read_state(layout)
    if state is None or not state.alive:
        raise MeshError(
            f"Nothing runs on {layout.data_dir}.", "Start it with `argus up`, or name --data-dir."
        )
    inner = inner_tls(layout, mtls=state.options.mtls)
    ports = state.ports
    async with (
        inner_channel(inner, f"{LOOPBACK}:{ports.auth}", "auth") as auth,
        inner_channel(inner, f"{LOOPBACK}:{getattr(ports, service)}", service) as channel,
    ):
        issued = await auth_pb2_grpc.AuthServiceStub(auth).IssueServiceToken(
            auth_pb2.IssueServiceTokenRequest(
                service=NAME, secret=load_credentials(layout).service_secret
            ),
            timeout=TIMEOUT_S,
        )
        yield channel, (("authorization", f"Bearer {issued.access_token}"),)
