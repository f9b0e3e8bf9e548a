"""Signed-in calls of the contract's stubs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import grpc
from argus.auth.v1 import (
    audit_pb2,
    audit_pb2_grpc,
    auth_pb2,
    auth_pb2_grpc,
    email_pb2,
    email_pb2_grpc,
    group_pb2,
    group_pb2_grpc,
    sign_in_pb2,
    sign_in_pb2_grpc,
    user_pb2,
    user_pb2_grpc,
)
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from argus.inspection.v1 import inspection_pb2, inspection_pb2_grpc
from argus.installation.v1 import installation_pb2, installation_pb2_grpc
from argus.search.v1 import (
    reindex_pb2,
    reindex_pb2_grpc,
    saved_pb2,
    saved_pb2_grpc,
    search_pb2,
    search_pb2_grpc,
)
from argus.storage.v1 import (
    image_pb2,
    image_pb2_grpc,
    retention_pb2,
    retention_pb2_grpc,
    video_pb2,
    video_pb2_grpc,
)

from argus_client.contract import Contract, identified
from argus_client.errors import CallFailed, outlived_its_token
from argus_client.retries import patiently
from argus_client.tokens import CALL_TIMEOUT_S, ApiKey, KeyTokens, Password, SessionTokens, Tokens
from argus_client.traces import trace_metadata

T = TypeVar("T")
PATIENCE_S = 30.0
"""How long a call that may be made twice is tried again while parts of the mesh are down."""


class Calls:
    """Calls to one mesh with the contract's stubs: `calls.call(calls.images.GetImage, request)`.

    Args:
        channel: To the edge.
        who: As whom it calls.
    """

    def __init__(self, channel: grpc.aio.Channel, who: ApiKey | Password | Tokens) -> None:
        self.auth = auth_pb2_grpc.AuthServiceStub(channel)
        self.audit = audit_pb2_grpc.AuditServiceStub(channel)
        self.email = email_pb2_grpc.EmailServiceStub(channel)
        self.groups = group_pb2_grpc.GroupServiceStub(channel)
        self.sign_in = sign_in_pb2_grpc.SignInServiceStub(channel)
        self.users = user_pb2_grpc.UserServiceStub(channel)
        self.images = image_pb2_grpc.ImageServiceStub(channel)
        self.videos = video_pb2_grpc.VideoServiceStub(channel)
        self.retention = retention_pb2_grpc.RetentionServiceStub(channel)
        self.embedder = embedder_pb2_grpc.EmbedderServiceStub(channel)
        self.search = search_pb2_grpc.SearchServiceStub(channel)
        self.saved = saved_pb2_grpc.SavedSearchServiceStub(channel)
        self.index = reindex_pb2_grpc.IndexServiceStub(channel)
        self.inspection = inspection_pb2_grpc.InspectionServiceStub(channel)
        self.installation = installation_pb2_grpc.InstallationServiceStub(channel)
        self._contract = Contract(
            (stub, file.DESCRIPTOR.services_by_name[service])
            for stub, file, service in (
                (self.auth, auth_pb2, "AuthService"),
                (self.audit, audit_pb2, "AuditService"),
                (self.email, email_pb2, "EmailService"),
                (self.groups, group_pb2, "GroupService"),
                (self.sign_in, sign_in_pb2, "SignInService"),
                (self.users, user_pb2, "UserService"),
                (self.images, image_pb2, "ImageService"),
                (self.embedder, embedder_pb2, "EmbedderService"),
                (self.search, search_pb2, "SearchService"),
                (self.videos, video_pb2, "VideoService"),
                (self.retention, retention_pb2, "RetentionService"),
                (self.saved, saved_pb2, "SavedSearchService"),
                (self.index, reindex_pb2, "IndexService"),
                (self.inspection, inspection_pb2, "InspectionService"),
                (self.installation, installation_pb2, "InstallationService"),
            )
        )
        self._tokens: Tokens
        if isinstance(who, ApiKey):
            self._tokens = KeyTokens(self.auth, who.secret)
        elif isinstance(who, Password):
            self._tokens = SessionTokens(self.auth, who)
        else:
            self._tokens = who

    async def call(
        self,
        method: Callable[..., Awaitable[T]],
        request: Any,  # noqa: ANN401 - the method's own request
        *,
        patience_s: float | None = None,
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> T:
        """Calls a unary method.

        A request that may have a `request_id` and has none gets one, so that the mesh knows it
        again; `request` itself is left as it is.

        Args:
            method: A stub's.
            request: Its request.
            patience_s: Seconds to go on trying while the mesh is not able to answer, for calls that
                may be made twice; 0 makes one try. None: 30 if the contract says that the call may
                be made twice, otherwise 0.
            timeout_s: Seconds that one try may take.

        Raises:
            CallFailed: The call failed, with its reason.
        """
        request = identified(request)
        if patience_s is None:
            patience_s = PATIENCE_S if self._contract.repeatable(method, request) else 0

        async def once() -> T:
            return await method(request, metadata=await self.metadata(), timeout=timeout_s)

        try:
            try:
                return await patiently(once, patience_s)
            except grpc.aio.AioRpcError as error:
                if not outlived_its_token(error):
                    raise
            await self.renew()
            return await patiently(once, patience_s)
        except grpc.aio.AioRpcError as error:
            raise CallFailed.of(error) from error

    async def metadata(self) -> tuple[tuple[str, str], ...]:
        """What a call carries, for methods that stream.

        Raises:
            grpc.aio.AioRpcError: No token could be had.
        """
        return (("authorization", f"Bearer {await self._tokens.token()}"), *trace_metadata())

    async def renew(self) -> None:
        """Has the next call carry another token, because the one at hand has ended.

        Raises:
            grpc.aio.AioRpcError: No token could be had.
        """
        self._tokens.expired(await self._tokens.token())

    async def pages(self, method: Any, request: T) -> AsyncIterator[Any]:  # noqa: ANN401 - any list method of the contract
        """Every answer of a list method, page by page; the request is left as it is.

        Args:
            method: Its request has `page_token`, its answer `next_page_token`.
            request: The first page's.

        Raises:
            CallFailed: The list cannot be read.
        """
        following: Any = type(request)()
        following.CopyFrom(request)
        while True:
            answer: Any = await self.call(method, following)
            yield answer
            if not answer.next_page_token:
                return
            following.page_token = answer.next_page_token
