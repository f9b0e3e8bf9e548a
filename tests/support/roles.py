"""Roles given as whoever runs an installation gives them."""

import grpc
from argus.auth.v1 import auth_pb2, auth_pb2_grpc, operator_pb2, operator_pb2_grpc
from argus.policy.v1 import policy_pb2

from tests.support.services import SERVICE_SECRET, bearer


async def assign_role(
    auth: grpc.aio.Channel,
    email: str,
    role: "policy_pb2.Role | str",
    *,
    secret: str = SERVICE_SECRET,
) -> auth_pb2.User:
    """Gives the account of an email a role; the account."""
    issued = await auth_pb2_grpc.AuthServiceStub(auth).IssueServiceToken(
        auth_pb2.IssueServiceTokenRequest(service="operator", secret=secret)
    )
    return await operator_pb2_grpc.OperatorServiceStub(auth).AssignRole(
        operator_pb2.AssignRoleRequest(email=email, role=role),
        metadata=bearer(issued.access_token),
    )
