"""Calls that only the operator makes: to a mesh of this machine, past its edge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

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
    async with inner_channel(inner, f"{LOOPBACK}:{state.ports.auth}", "auth") as channel:
        issued = await auth_pb2_grpc.AuthServiceStub(channel).IssueServiceToken(
            auth_pb2.IssueServiceTokenRequest(
                service=NAME, secret=load_credentials(layout).service_secret
            ),
            timeout=TIMEOUT_S,
        )
        metadata = (("authorization", f"Bearer {issued.access_token}"),)
        yield operator_pb2_grpc.OperatorServiceStub(channel), metadata
