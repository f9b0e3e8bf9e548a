"""The chain of the audit: each record's hash is over the one before it.

hash(0) is 32 zero bytes; hash(n) = SHA-256(hash(n - 1) ‖ n in 8 bytes, big-endian ‖ record n in
UTF-8). A record that is changed, taken out, put in or moved gives another hash to all after it.
Whoever may write the database can compute all of them anew: keep a hash elsewhere, and compare.
"""

import hashlib
from dataclasses import dataclass

START = bytes(32)
"""The hash before the first record."""


@dataclass(frozen=True, slots=True)
class Link:
    """A record in its place."""

    sequence: int
    """From 1 on, without gaps."""
    record: str
    hash: bytes


def link_hash(before: bytes, sequence: int, record: str) -> bytes:
    """The hash of a record in its place.

    Args:
        before: Hash of the record before it; `START` of none.
        sequence: Its place, from 1 on.
        record: Its text.
    """
    return hashlib.sha256(before + sequence.to_bytes(8, "big") + record.encode()).digest()


class ChainBroken(Exception):
    """The records are not those that were noted."""


class ChainCheck:
    """Follows a chain from its first record on."""

    def __init__(self) -> None:
        self.sequence = 0
        """The last record that was followed; 0 before the first."""
        self.hash = START
        """Its hash."""

    def follow(self, link: Link) -> None:
        """Takes the next record.

        Raises:
            ChainBroken: it is not the one that was noted here.
        """
        if link.sequence != self.sequence + 1:
            raise ChainBroken(
                f"after entry {self.sequence} comes {link.sequence}: entries are missing, or moved"
            )
        found = link_hash(self.hash, link.sequence, link.record)
        if found != link.hash:
            raise ChainBroken(
                f"entry {link.sequence}, or what was before it, is not what was noted"
            )
        self.sequence, self.hash = link.sequence, found

    def finish(self, sequence: int, end: bytes) -> None:
        """Compares with where the chain is known to end.

        Raises:
            ChainBroken: it ends elsewhere.
        """
        if (self.sequence, self.hash) != (sequence, end):
            raise ChainBroken(
                f"the chain should end with entry {sequence}, and ends with {self.sequence}"
                if self.sequence != sequence
                else f"entry {sequence} has another hash than it had"
            )
