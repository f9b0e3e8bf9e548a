"""SignInService: translate, call, translate."""

from typing import Any
from uuid import UUID

import grpc
from argus.auth.v1 import auth_pb2, sign_in_pb2, sign_in_pb2_grpc

from services.auth.calling import client_calling
from services.auth.sso.model import Answer, LinkedIdentity, Started
from services.auth.sso.single_sign_on import SingleSignOn
from services.auth.translate import signed_in_message, timestamp_of
from services.runtime.identity import require_user

Context = grpc.aio.ServicerContext[Any, Any]


class SignInServicer(sign_in_pb2_grpc.SignInServiceServicer):
    """The RPC methods; the contract documents them.

    Args:
        sign_on: Signs people in whom a provider knows.
        edge_key: What the edge proves itself with, whose word on a client's address is taken.
    """

    def __init__(self, sign_on: SingleSignOn, *, edge_key: str) -> None:
        self._sign_on = sign_on
        self._edge_key = edge_key
        configured = sign_on.configuration.provider
        self._by_issuer = {provider.issuer: provider for provider in configured}

    async def ListIdentityProviders(
        self, request: sign_in_pb2.ListIdentityProvidersRequest, context: Context
    ) -> sign_in_pb2.ListIdentityProvidersResponse:
        configuration = self._sign_on.configuration
        return sign_in_pb2.ListIdentityProvidersResponse(
            providers=[
                sign_in_pb2.IdentityProvider(provider_id=one.id, display_name=one.display_name)
                for one in configuration.provider
            ],
            password_sign_in=configuration.password_sign_in,
        )

    async def BeginSignIn(
        self, request: sign_in_pb2.BeginSignInRequest, context: Context
    ) -> sign_in_pb2.BeginSignInResponse:
        return _started(
            await self._sign_on.begin(
                request.provider_id, request.redirect_uri, reauthenticate=request.reauthenticate
            )
        )

    async def CompleteSignIn(
        self, request: sign_in_pb2.CompleteSignInRequest, context: Context
    ) -> auth_pb2.Session:
        client = client_calling(context, key=self._edge_key)
        return signed_in_message(await self._sign_on.complete(_answer(request), client))

    async def ListIdentities(
        self, request: sign_in_pb2.ListIdentitiesRequest, context: Context
    ) -> sign_in_pb2.ListIdentitiesResponse:
        ways = await self._sign_on.ways(require_user())
        return sign_in_pb2.ListIdentitiesResponse(
            identities=[self._identity(one) for one in ways.identities],
            has_password=ways.has_password,
        )

    async def BeginIdentityLink(
        self, request: sign_in_pb2.BeginIdentityLinkRequest, context: Context
    ) -> sign_in_pb2.BeginSignInResponse:
        return _started(
            await self._sign_on.begin_link(
                require_user(),
                request.provider_id,
                request.redirect_uri,
                request.password,
                client_calling(context, key=self._edge_key),
            )
        )

    async def CompleteIdentityLink(
        self, request: sign_in_pb2.CompleteIdentityLinkRequest, context: Context
    ) -> sign_in_pb2.Identity:
        linked = await self._sign_on.complete_link(require_user(), _answer(request))
        return self._identity(linked)

    async def UnlinkIdentity(
        self, request: sign_in_pb2.UnlinkIdentityRequest, context: Context
    ) -> sign_in_pb2.UnlinkIdentityResponse:
        await self._sign_on.unlink(require_user(), UUID(request.identity_id))
        return sign_in_pb2.UnlinkIdentityResponse()

    def _identity(self, one: LinkedIdentity) -> sign_in_pb2.Identity:
        provider = self._by_issuer.get(one.who.issuer)
        used_at = one.last_used_at
        return sign_in_pb2.Identity(
            identity_id=str(one.identity_id),
            provider_id=provider.id if provider else "",
            display_name=provider.display_name if provider else one.who.issuer,
            email=one.email,
            create_time=timestamp_of(one.created_at),
            last_use_time=None if used_at is None else timestamp_of(used_at),
        )


def _started(started: Started) -> sign_in_pb2.BeginSignInResponse:
    return sign_in_pb2.BeginSignInResponse(
        authorization_url=started.authorization_url,
        state=started.state,
        secret=started.secret,
        expires_in=started.expires_in_s,
    )


def _answer(
    request: sign_in_pb2.CompleteSignInRequest | sign_in_pb2.CompleteIdentityLinkRequest,
) -> Answer:
    return Answer(request.state, request.secret, request.code, request.iss)
