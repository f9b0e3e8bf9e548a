"""What is noted of one call while it is under way."""

import uuid
from datetime import UTC, datetime

import grpc
from google.protobuf.message import Message

from services.runtime.audit_entry import AuditEntry, add_targets, cleaned, collect_targets
from services.runtime.edge import Client
from services.runtime.identity import Identity
from services.runtime.policy import CHANGING, MethodPolicy


class NotedCall:
    """What is noted of one call, if its policy says that something is.

    Args:
        policy: Of the method that is called.
        request_id: Id of the request.
        client: Where it came from.
    """

    def __init__(self, policy: MethodPolicy, request_id: str, client: Client) -> None:
        self.identity: Identity | None = None
        """Who calls, as soon as that is known."""
        self._policy = policy
        self._request_id = request_id
        self._client = client
        self._targets = collect_targets() if policy.audited else {}
        self._done = not policy.audited

    def about(self, request: Message) -> None:
        """Takes what a request names."""
        if not self._done:
            add_targets(self._targets, request)

    def made(self, response: Message) -> None:
        """Takes what an answer names, where it names what was made or changed."""
        if not self._done and self._policy.cost in CHANGING:
            add_targets(self._targets, response)

    def by_stranger(self, code: grpc.StatusCode) -> bool:
        """Whether somebody was refused whom nobody knows."""
        return self.identity is None and code is not grpc.StatusCode.OK

    def entry(self, code: grpc.StatusCode, reason: str = "") -> AuditEntry | None:
        """The entry, once; None if there is nothing to note, or it is noted."""
        if self._done:
            return None
        self._done = True
        caller = self.identity
        signed_in = ""
        if caller is None and code is grpc.StatusCode.OK:
            # Who signs in has shown who they are.
            signed_in = next(iter(self._targets.get("user_id", ())), "")
        return AuditEntry(
            entry_id=uuid.uuid4(),
            time=datetime.now(UTC),
            method=self._policy.method,
            code=code.name,
            reason=reason,
            user_id=caller.user_id if caller else signed_in,
            session_id=caller.session_id if caller else "",
            service=caller.service if caller else "",
            address=self._client.address,
            agent=cleaned(self._client.agent),
            request_id=cleaned(self._request_id),
            targets=self._targets,
        )
