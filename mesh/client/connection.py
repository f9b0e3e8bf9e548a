"""A signed-in connection to a mesh, through its edge."""

import asyncio
import os
import platform
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import grpc
import httpx
from argus.auth.v1 import (
    audit_pb2_grpc,
    auth_pb2,
    auth_pb2_grpc,
    email_pb2_grpc,
    group_pb2_grpc,
    operator_pb2_grpc,
    sign_in_pb2,
    sign_in_pb2_grpc,
    user_pb2_grpc,
)
from argus.embedder.v1 import embedder_pb2_grpc
from argus.inspection.v1 import inspection_pb2_grpc
from argus.inspection.v1 import operator_pb2_grpc as inspection_operator_pb2_grpc
from argus.installation.v1 import installation_pb2_grpc
from argus.search.v1 import operator_pb2_grpc as search_operator_pb2_grpc
from argus.search.v1 import saved_pb2_grpc, search_pb2_grpc
from argus.storage.v1 import image_pb2_grpc, retention_pb2_grpc, video_pb2_grpc
from argus.storage.v1 import operator_pb2_grpc as storage_operator_pb2_grpc

from argus_client.address import parsed
from argus_client.client import Client
from argus_client.errors import CallFailed
from argus_client.retries import patiently
from argus_client.tokens import CALL_TIMEOUT_S, RENEW_BEFORE_S, KeyTokens
from argus_client.trust import tls_context
from mesh.client.account import Account, AccountFile
from mesh.client.names import printable
from mesh.client.trust import chosen, distrust, trusted_roots
from mesh.errors import MeshError

T = TypeVar("T")
MAX_MESSAGE_BYTES = 64 * 2**20
PATIENCE_S = 90.0
"""How long a call is tried again while parts of the mesh are down."""


class ConfirmationPending(MeshError):
    """Who registered has to read their mail first."""


class Connection:
    """Calls to one mesh.

    With an API key in the variable `ARGUS_API_KEY` it calls with that, and nobody needs to sign in.

    Args:
        channel: To the edge.
        server: `host:port` of the edge, `https://` in front with TLS; the account is kept under it.
        accounts: Where accounts are kept.
        ca: File of the authority that was chosen; empty: those of the system.
    """

    def __init__(
        self, channel: grpc.aio.Channel, server: str, accounts: AccountFile, ca: str = ""
    ) -> None:
        self._server = server
        self._ca = ca
        self._accounts = accounts
        self._renewing = asyncio.Lock()
        self.auth = auth_pb2_grpc.AuthServiceStub(channel)
        api_key = os.environ.get("ARGUS_API_KEY", "")
        self._key_tokens = KeyTokens(self.auth, api_key) if api_key else None
        self.elsewhere = sign_in_pb2_grpc.SignInServiceStub(channel)
        self.audit = audit_pb2_grpc.AuditServiceStub(channel)
        self.email = email_pb2_grpc.EmailServiceStub(channel)
        self.groups = group_pb2_grpc.GroupServiceStub(channel)
        self.operator = operator_pb2_grpc.OperatorServiceStub(channel)
        self.users = user_pb2_grpc.UserServiceStub(channel)
        self.images = image_pb2_grpc.ImageServiceStub(channel)
        self.retention = retention_pb2_grpc.RetentionServiceStub(channel)
        self.videos = video_pb2_grpc.VideoServiceStub(channel)
        self.embedder = embedder_pb2_grpc.EmbedderServiceStub(channel)
        self.search = search_pb2_grpc.SearchServiceStub(channel)
        self.saved = saved_pb2_grpc.SavedSearchServiceStub(channel)
        self.inspection = inspection_pb2_grpc.InspectionServiceStub(channel)
        self.installation = installation_pb2_grpc.InstallationServiceStub(channel)
        self.storage_operator = storage_operator_pb2_grpc.StorageOperatorServiceStub(channel)
        self.search_operator = search_operator_pb2_grpc.SearchOperatorServiceStub(channel)
        self.inspection_operator = inspection_operator_pb2_grpc.InspectionOperatorServiceStub(
            channel
        )
        self.client = _AccountClient(channel, self)

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

        async def once() -> T:
            try:
                return await method(request, metadata=await self.metadata(), timeout=timeout_s)
            except grpc.aio.AioRpcError as error:
                if wrong := distrust(error, self._server):
                    raise wrong from error
                raise

        return await patiently(once, patience_s)

    async def metadata(self) -> tuple[tuple[str, str], ...]:
        """What a call carries that the signed-in user makes, for methods that stream.

        Raises:
            MeshError: Nobody is signed in.
        """
        return (("authorization", f"Bearer {await self.token()}"),)

    def expired(self, token: str) -> None:
        """The mesh takes a token no longer; that of a key is exchanged anew."""
        if self._key_tokens:
            self._key_tokens.expired(token)

    def tls(self) -> ssl.SSLContext:
        """TLS for the links that the mesh gives, which believes whom this connection does."""
        return tls_context(trusted_roots(self._ca))

    def distrust(self, error: BaseException | None) -> MeshError | None:
        """What is wrong with the server's certificate if a call failed for that."""
        return distrust(error, self._server) if isinstance(error, grpc.aio.AioRpcError) else None

    def http(self, *, timeout_s: float, connections: int | None = None) -> httpx.AsyncClient:
        """A client for the links that the mesh gives, which believes whom this connection does."""
        return httpx.AsyncClient(
            verify=self.tls(),
            timeout=timeout_s,
            limits=httpx.Limits(max_connections=connections),
            trust_env=False,
        )

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

    async def complete_sign_in(self, request: sign_in_pb2.CompleteSignInRequest) -> Account:
        """Completes a sign-in at an identity provider, and keeps the session."""
        return self._keep(await self.elsewhere.CompleteSignIn(request, timeout=CALL_TIMEOUT_S))

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

    async def token(self) -> str:
        """An access token that is good for a while.

        Raises:
            MeshError: Nobody is signed in.
            grpc.aio.AioRpcError: None can be had.
        """
        if self._key_tokens:
            return await self._key_tokens.token()
        account = self._account()
        if account.expires_at - time.time() > RENEW_BEFORE_S:
            return account.access_token
        async with self._renewing:
            return await self._renew()

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
            ca=self._ca,
        )
        self._accounts.put(self._server, account)
        return account


class _AccountClient(Client):
    """The client that programs use, as the signed-in user."""

    def __init__(self, channel: grpc.aio.Channel, connection: Connection) -> None:
        super().__init__(channel, connection, connection.tls)
        self._connection = connection

    async def call(
        self,
        method: Callable[..., Awaitable[T]],
        request: Any,  # noqa: ANN401 - the method's own request
        *,
        patience_s: float | None = None,
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> T:
        """Calls a method; says what is wrong with a certificate as `argus` does."""
        try:
            return await super().call(method, request, patience_s=patience_s, timeout_s=timeout_s)
        except CallFailed as failed:
            if wrong := self._connection.distrust(failed.__cause__):
                raise wrong from failed
            raise


@asynccontextmanager
async def connect(
    server: str, accounts: AccountFile | None = None, *, ca: str = ""
) -> AsyncIterator[Connection]:
    """Opens a connection to the edge.

    Args:
        server: `host:port`, perhaps with `http://` in front; with `https://` it is over TLS.
        accounts: Where accounts are kept.
        ca: File of the authority to trust. If it is empty: the one that the command at hand was
            given, or that was named when somebody signed in there, or `trusted_roots`.

    Raises:
        MeshError: That is no address, or no authority.
    """
    target, secure = _parsed(server)
    name = f"https://{target}" if secure else target
    kept = accounts or AccountFile()
    options = (
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_reconnect_backoff_ms", 1000),
        # What its owner sees in the list of sessions.
        ("grpc.primary_user_agent", f"argus-cli on {platform.node() or platform.system()}"),
    )
    authority = ca or chosen.get() or _remembered(kept, name)
    if secure:
        channel = grpc.aio.secure_channel(
            target, grpc.ssl_channel_credentials(trusted_roots(authority)), options=options
        )
    else:
        channel = grpc.aio.insecure_channel(target, options=options)
    async with channel:
        yield Connection(channel, name, kept, authority)


def _parsed(server: str) -> tuple[str, bool]:
    """What gRPC calls the server, and whether it is to be over TLS.

    Raises:
        MeshError: That is no address.
    """
    address = parsed(server)
    if address is None:
        raise MeshError(
            f"`{printable(server)}` is not the address of a mesh.",
            "Write host:port, such as 127.0.0.1:8080, or https://host:port.",
        )
    return address


def _remembered(accounts: AccountFile, server: str) -> str:
    account = accounts.get(server)
    return account.ca if account else ""
