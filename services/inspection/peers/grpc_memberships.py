"""Addresses and groups of accounts, from auth, as a service."""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import grpc
from argus.auth.v1 import membership_pb2, membership_pb2_grpc

from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.inspection.errors import AuthUnavailable
from services.inspection.sharing import Account
from services.runtime.memberships import REMEMBERED_S
from services.runtime.outgoing import ServiceToken

TIMEOUT_S = 3.0

MOST_REMEMBERED = 10_000
"""Users whose groups are remembered at once."""


class Marks(Protocol):
    """Whose memberships changed."""

    async def of(self, user_id: str) -> str:
        """The mark of a user, another one after each change.

        Raises:
            RedisUnavailable: Redis does not answer.
        """


@dataclass(frozen=True, slots=True)
class _Remembered:
    groups: frozenset[str]
    mark: str
    until: float


class GrpcMemberships:
    """`Memberships`, `Accounts` and `MembershipCheck` over auth's MembershipService.

    A user's groups are remembered for as long as auth has set no other mark, so that a change
    acts at the next look.

    Args:
        channel: To auth.
        token: This service's identity.
        marks: Auth's marks.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        token: ServiceToken,
        marks: Marks,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stub = membership_pb2_grpc.MembershipServiceStub(channel)
        self._token = token
        self._marks = marks
        self._clock = clock
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()

    async def groups_of(self, user_id: str) -> frozenset[str]:
        """Ids of the groups that a user is in.

        Raises:
            AuthUnavailable, RedisUnavailable: they do not answer.
        """
        # The time before the mark, which outlives what is remembered from before it; and the mark
        # before auth is asked: what changes meanwhile has another one.
        now = self._clock()
        mark = await self._marks.of(user_id)
        known = self._remembered.get(user_id)
        if known is not None and known.mark == mark and now < known.until:
            self._remembered.move_to_end(user_id)
            return known.groups
        groups = (await self.account(user_id)).group_ids
        self._remembered[user_id] = _Remembered(groups, mark, now + REMEMBERED_S)
        self._remembered.move_to_end(user_id)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return groups

    async def account(self, user_id: str) -> Account:
        """What there is of an account now.

        Raises:
            AuthUnavailable: auth does not answer.
        """
        with translated("auth", AuthUnavailable, as_service=True):
            answer = await self._stub.GetMemberships(
                membership_pb2.GetMembershipsRequest(user_id=user_id),
                **await as_service(self._token, timeout_s=TIMEOUT_S),
            )
        return Account(answer.email, frozenset(answer.group_ids))

    async def holding(self, pairs: Sequence[tuple[str, str]]) -> Collection[tuple[str, str]]:
        """Those of at most 500 pairs of group and user where the user is in the group.

        Raises:
            AuthUnavailable: auth does not answer.
        """
        with translated("auth", AuthUnavailable, as_service=True):
            answer = await self._stub.CheckMemberships(
                membership_pb2.CheckMembershipsRequest(
                    memberships=[
                        membership_pb2.Membership(group_id=group_id, user_id=user_id)
                        for group_id, user_id in pairs
                    ]
                ),
                **await as_service(self._token, timeout_s=TIMEOUT_S),
            )
        return [(one.group_id, one.user_id) for one in answer.memberships]
