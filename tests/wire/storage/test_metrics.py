"""What storage measures, by value."""

import grpc

from tests.support.eventually import eventually
from tests.support.storage_client import Storage, StorageUser, refused


async def test_verified_uploads_are_counted_by_outcome_and_what_waits_by_queue(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    for _ in range(2):
        await user.store(cat)
    await refused(
        user.store(cat, sha256="0" * 64), grpc.StatusCode.INVALID_ARGUMENT, "SHA256_MISMATCH"
    )
    assert storage.measured.values("argus.storage.completions", "argus.outcome") == {
        ("kept",): 2,
        ("SHA256_MISMATCH",): 1,
    }
    assert storage.measured.values("argus.storage.verification.duration") == {(): 2}

    def two_wait_for_search() -> bool:
        return (
            storage.measured.values("argus.storage.depth", "argus.queue").get(("unindexed",)) == 2
        )

    await eventually(two_wait_for_search, "the depth of the queue is measured")
    assert storage.measured.values("argus.storage.depth", "argus.queue")["completions",] == 0
