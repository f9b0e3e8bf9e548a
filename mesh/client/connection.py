"""A signed-in connection to a mesh, through its edge."""

import asyncio
import os
import platform
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

import grpc
from argus.auth.v1 import (
    audit_pb2_grpc,
    auth_pb2,
    auth_pb2_grpc,
    email_pb2_grpc,
    operator_pb2_grpc,
    user_pb2_grpc,
)
from argus.embedder.v1 import embedder_pb2_grpc
from argus.inspection.v1 import inspection_pb2_grpc
from argus.installation.v1 import installation_pb2_grpc
from argus.search.v1 import search_pb2_grpc
from argus.storage.v1 import image_pb2_grpc
from google.rpc import error_details_pb2, status_pb2

from mesh.client.account import Account, AccountFile
from mesh.client.names import printable
from mesh.errors import MeshError
from services.runtime.backoff import full_jitter_s

T = TypeVar("T")
MAX_MESSAGE_BYTES = 64 * 2**20
RENEW_BEFORE_S = 60
CALL_TIMEOUT_S = 60.0
PATIENCE_S = 90.0
"""How long a call is tried again while parts of the mesh are down."""

PASSING = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
)


def reason_of(error: grpc.aio.AioRpcError) -> str:
    """The documented reason of a failed call; empty if it carries none."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(cast("bytes", value)).details:
                info = error_details_pb2.ErrorInfo()
                if detail.Unpack(info):
                    return str(info.reason)
    return ""


def outlived_its_token(error: grpc.aio.AioRpcError) -> bool:
    """Whether a stream ended because its access token did; the next one has another."""
    return reason_of(error) == "TOKEN_EXPIRED"


class ConfirmationPending(MeshError):
    """Who registered has to read their mail first."""


class Connection:
    """Calls to one mesh.

    With an API key in the variable `ARGUS_API_KEY` it calls with that, and nobody needs to sign in.

    Args:
        channel: To the edge.
        server: `host:port` of the edge, under which the account is kept.
        accounts: Where accounts are kept.
    """

    def __init__(self, channel: grpc.aio.Channel, server: str, accounts: AccountFile) -> None:
        self._server = server
        self._accounts = accounts
        self._renewing = asyncio.Lock()
        self._api_key = os.environ.get("ARGUS_API_KEY", "")
        self._key_token = ""
        self._key_token_ends_at = 0.0
        self.auth = auth_pb2_grpc.AuthServiceStub(channel)
        self.audit = audit_pb2_grpc.AuditServiceStub(channel)
        self.email = email_pb2_grpc.EmailServiceStub(channel)
        self.operator = operator_pb2_grpc.OperatorServiceStub(channel)
        self.users = user_pb2_grpc.UserServiceStub(channel)
        self.images = image_pb2_grpc.ImageServiceStub(channel)
        self.embedder = embedder_pb2_grpc.EmbedderServiceStub(channel)
        self.search = search_pb2_grpc.SearchServiceStub(channel)
        self.inspection = inspection_pb2_grpc.InspectionServiceStub(channel)
        self.installation = installation_pb2_grpc.InstallationServiceStub(channel)

    async def call(
        self,
        method: Callable[..., Awaitable[T]],
        request: Any,  # noqa: ANN401 - the method's own request
        *,
        patience_s: float = 0,
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> T:
        """Calls a method as the signed-in user.

        Args:
            method: A stub's unary method.
            request: Its request.
            patience_s: Seconds to go on trying while the mesh is not able to answer.
            timeout_s: Seconds that one try may take.

        Raises:
            MeshError: Nobody is signed in.
            grpc.aio.AioRpcError: The call failed.
        """
        give_up_at = time.monotonic() + patience_s
        attempt = 0
        while True:
            try:
                return await method(request, metadata=await self.metadata(), timeout=timeout_s)
            except grpc.aio.AioRpcError as error:
                if error.code() not in PASSING or time.monotonic() > give_up_at:
                    raise
            attempt += 1
            await asyncio.sleep(backoff_s(attempt))

    async def metadata(self) -> tuple[tuple[str, str], ...]:
        """What a call carries that the signed-in user makes, for methods that stream.

        Raises:
            MeshError: Nobody is signed in.
        """
        return (("authorization", f"Bearer {await self._token()}"),)

    async def sign_in(self, email: str, password: str, *, name: str | None = None) -> Account:
        """Signs in, or with a `name` (which may be empty) registers, and keeps the session.

        Raises:
            ConfirmationPending: The account is made when its address is confirmed.
        """
        answer: auth_pb2.Session
        if name is None:
            answer = await self.auth.Login(
                auth_pb2.LoginRequest(email=email, password=password), timeout=CALL_TIMEOUT_S
            )
        else:
            answer = await self.auth.Register(
                auth_pb2.RegisterRequest(email=email, password=password, display_name=name),
                timeout=CALL_TIMEOUT_S,
            )
        if answer.confirmation_pending:
            raise ConfirmationPending(
                f"A mail is on its way to {printable(email)}; the account is made when you have "
                "confirmed the address.",
                "Open the link in it, or give its code to `argus user confirm`. Then sign in.",
            )
        return self._keep(answer)

    async def sign_out(self) -> None:
        """Closes the session and forgets it."""
        await self.call(self.auth.Logout, auth_pb2.LogoutRequest())
        self._accounts.put(self._server, None)

    async def delete_account(self, password: str, deletion_id: str) -> auth_pb2.AccountDeletion:
        """Deletes the account that is signed in here, and forgets it.

        Args:
            password: Of the account.
            deletion_id: UUID to look the deletion up by, drawn at random.
        """
        request = auth_pb2.DeleteAccountRequest(password=password, deletion_id=deletion_id)
        answer = await self.call(self.auth.DeleteAccount, request)
        self._accounts.put(self._server, None)
        return answer.deletion

    async def account_deletion(self, deletion_id: str) -> auth_pb2.AccountDeletion:
        """What became of a deletion; nobody needs to be signed in."""
        return await self.auth.GetAccountDeletion(
            auth_pb2.GetAccountDeletionRequest(deletion_id=deletion_id), timeout=CALL_TIMEOUT_S
        )

    async def _token(self) -> str:
        if self._api_key:
            async with self._renewing:
                return await self._exchanged()
        account = self._account()
        if account.expires_at - time.time() > RENEW_BEFORE_S:
            return account.access_token
        async with self._renewing:
            return await self._renew()

    async def _exchanged(self) -> str:
        """An access token for the API key; a short-lived one is exchanged half-way."""
        if self._key_token_ends_at <= time.monotonic():
            asked_at = time.monotonic()
            answer = await self.auth.ExchangeApiKey(
                auth_pb2.ExchangeApiKeyRequest(secret=self._api_key), timeout=CALL_TIMEOUT_S
            )
            self._key_token = answer.access_token
            early_s = min(RENEW_BEFORE_S, answer.expires_in / 2)
            self._key_token_ends_at = asked_at + answer.expires_in - early_s
        return self._key_token

    async def _renew(self) -> str:
        with self._accounts.locked():
            # Another command may have renewed it while this one waited.
            account = self._account()
            if account.expires_at - time.time() > RENEW_BEFORE_S:
                return account.access_token
            try:
                answer = await self.auth.RefreshToken(
                    auth_pb2.RefreshTokenRequest(refresh_token=account.refresh_token),
                    timeout=CALL_TIMEOUT_S,
                )
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAUTHENTICATED:
                    raise
                self._accounts.put(self._server, None)
                raise MeshError(
                    f"The session of {account.email} has ended.", "Run `argus login`."
                ) from error
            return self._keep(answer).access_token

    def _account(self) -> Account:
        account = self._accounts.get(self._server)
        if account is None:
            raise MeshError(
                f"Nobody is signed in at {self._server}.",
                "Run `argus login`, or `argus login --register` to create an account.",
            )
        return account

    def _keep(
        self,
        answer: auth_pb2.Session,
    ) -> Account:
        account = Account(
            email=answer.user.email,
            access_token=answer.access_token,
            refresh_token=answer.refresh_token,
            expires_at=time.time() + answer.expires_in,
        )
        self._accounts.put(self._server, account)
        return account


def backoff_s(attempt: int) -> float:
    """Seconds to wait before the attempt after the n-th, with jitter: up to 0.1 doubling to 2."""
    return full_jitter_s(attempt, first_s=0.1, max_s=2.0)


@asynccontextmanager
async def connect(server: str, accounts: AccountFile | None = None) -> AsyncIterator[Connection]:
    """Opens a connection to the edge at `host:port`; `http://` in front is taken too.

    Raises:
        MeshError: That is no address.
    """
    server = server.removeprefix("http://").rstrip("/")
    if not server or "://" in server or "/" in server:
        raise MeshError(
            f"`{printable(server)}` is not the address of a mesh.",
            "Write host:port, such as 127.0.0.1:8080.",
        )
    options = (
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_reconnect_backoff_ms", 1000),
        # What its owner sees in the list of sessions.
        ("grpc.primary_user_agent", f"argus-cli on {platform.node() or platform.system()}"),
    )
    async with grpc.aio.insecure_channel(server, options=options) as channel:
        yield Connection(channel, server, accounts or AccountFile())
