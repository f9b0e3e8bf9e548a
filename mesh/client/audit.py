"""The audit of an installation: read, watched, and checked by whoever reads it."""

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from argus.auth.v1 import audit_pb2

from mesh.client.connection import PATIENCE_S, Connection
from mesh.errors import MeshError
from services.runtime.audit_chain import START, ChainBroken, ChainCheck, Link

PAGE_SIZE = 500


@dataclass(frozen=True, slots=True)
class Anchor:
    """A hash of the chain that was kept elsewhere."""

    sequence: int
    hash: bytes

    @classmethod
    def parse(cls, text: str) -> "Anchor":
        """Reads `SEQUENCE:HASH`.

        Raises:
            MeshError: It is not of that form.
        """
        sequence, _, digits = text.strip().partition(":")
        try:
            anchor = cls(int(sequence), bytes.fromhex(digits))
        except ValueError:
            anchor = cls(-1, b"")
        if anchor.sequence < 0 or len(anchor.hash) != len(START):
            raise MeshError(
                "That is no place in the audit.",
                "Write SEQUENCE:HASH, as `argus audit verify` does.",
            )
        return anchor

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash.hex()}"


class Verification:
    """Follows a chain, past the hashes that were kept elsewhere.

    Args:
        anchors: What was kept.
    """

    def __init__(self, anchors: Iterable[Anchor] = ()) -> None:
        self._check = ChainCheck()
        self._anchors = {anchor.sequence: anchor.hash for anchor in anchors}
        self._pass(0, START)

    @property
    def end(self) -> Anchor:
        """Where the chain ends so far."""
        return Anchor(self._check.sequence, self._check.hash)

    def follow(self, link: Link) -> None:
        """Takes the next record.

        Raises:
            MeshError: It, or something before it, was changed.
        """
        try:
            self._check.follow(link)
        except ChainBroken as error:
            raise _changed(str(error)) from error
        self._pass(link.sequence, link.hash)

    def finish(self, end: Anchor | None = None) -> None:
        """Ends it; the chain is to end there, and to reach what was kept.

        Raises:
            MeshError: It does not.
        """
        if self._anchors:
            raise _changed(f"the chain ends before entry {max(self._anchors)}, which was kept")
        if end is not None:
            try:
                self._check.finish(end.sequence, end.hash)
            except ChainBroken as error:
                raise _changed(str(error)) from error

    def _pass(self, sequence: int, found: bytes) -> None:
        kept = self._anchors.pop(sequence, None)
        if kept not in (None, found):
            raise _changed(f"entry {sequence} has another hash than the one that was kept")


def _changed(how: str) -> MeshError:
    return MeshError(
        f"The audit was changed: {how}.",
        "Compare it with an export from before (`argus audit export`), and look who may write to "
        "the database.",
    )


async def verify(connection: Connection, anchors: Iterable[Anchor] = ()) -> Anchor:
    """Checks the whole audit; where it ends.

    Raises:
        MeshError: It was changed.
    """
    verification = Verification(anchors)
    end: Anchor | None = None
    request = audit_pb2.ListAuditEventsRequest(page_size=PAGE_SIZE, oldest_first=True)
    while True:
        page = await connection.call(
            connection.audit.ListAuditEvents, request, patience_s=PATIENCE_S
        )
        # What comes while this goes on is not looked at, or it might never end.
        end = end or Anchor(page.head_sequence, page.head_hash)
        for one in page.events:
            if one.sequence <= end.sequence:
                verification.follow(Link(one.sequence, one.record, one.hash))
        request.page_token = page.next_page_token
        if not page.next_page_token or page.events[-1].sequence >= end.sequence:
            verification.finish(end)
            return end


def verify_export(lines: Iterable[str], anchors: Iterable[Anchor] = ()) -> Anchor:
    """Checks what was exported; where it ends.

    Raises:
        MeshError: It was changed, or is no export.
    """
    verification = Verification(anchors)
    for number, line in enumerate(lines, 1):
        try:
            read = json.loads(line)
            link = Link(int(read["sequence"]), str(read["record"]), bytes.fromhex(read["hash"]))
        except (ValueError, KeyError, TypeError) as error:
            raise MeshError(
                f"Line {number} is no entry of the audit.", "Name a file of `argus audit export`."
            ) from error
        verification.follow(link)
    verification.finish()
    return verification.end


def exported(event: audit_pb2.AuditEvent) -> str:
    """An entry as a line of an export: what its hash is over, as it is."""
    line = {"sequence": event.sequence, "hash": event.hash.hex(), "record": event.record}
    return json.dumps(line, ensure_ascii=True)


async def watch(connection: Connection) -> AsyncIterator[audit_pb2.AuditEvent]:
    """Entries as they are noted, from now on.

    The stream is resumed where it broke, while parts of the mesh restart.

    Raises:
        CallFailed: It cannot be watched, or nothing is heard.
        MeshError: Nobody is signed in.
    """
    head = audit_pb2.ListAuditEventsRequest(page_size=1)
    page = await connection.call(connection.audit.ListAuditEvents, head)
    request = audit_pb2.WatchAuditEventsRequest(after_sequence=page.head_sequence)
    client = connection.client
    stream = client.watch(
        client.audit.WatchAuditEvents, request, heard=_after, patience_s=PATIENCE_S
    )
    async for told in stream:
        if told.HasField("event"):
            yield told.event


def _after(
    request: audit_pb2.WatchAuditEventsRequest, told: audit_pb2.WatchAuditEventsResponse
) -> None:
    if told.HasField("event"):
        request.after_sequence = told.event.sequence
