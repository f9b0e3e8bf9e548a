"""What is made of an object store's failures to keep what is written."""

from collections.abc import AsyncIterator, Iterator

import pytest

from services.storage.errors import ObjectStoreRefuses, ObjectStoreUnavailable
from services.storage.s3 import S3ObjectStore
from tests.support.fake_store import FakeStore

TIMES = 3
"""Once, and twice again."""


@pytest.fixture
def fake() -> Iterator[FakeStore]:
    made = FakeStore()
    yield made
    made.close()


@pytest.fixture
async def store(fake: FakeStore) -> AsyncIterator[S3ObjectStore]:
    async with S3ObjectStore(
        fake.url, bucket="images", access_key="a", secret_key="s", region="us-east-1"
    ) as opened:
        yield opened


@pytest.mark.parametrize("answers", [[500] * TIMES, [507]])
async def test_a_store_that_answers_and_keeps_nothing_refuses(
    fake: FakeStore, store: S3ObjectStore, answers: list[int]
) -> None:
    fake.failures = list(answers)
    with pytest.raises(ObjectStoreRefuses, match="disk may be full") as refused:
        await store.put("one", b"content", "image/png")
    assert refused.value.retry_after_s
    assert fake.objects == {}
    # It has room again, and nobody had to start anything.
    await store.put("one", b"content", "image/png")
    async with store.open("one") as found:
        assert found is not None
        assert await found.read() == b"content"


@pytest.mark.parametrize("answers", [[503] * TIMES, [0] * TIMES])
async def test_a_store_that_is_away_does_not_answer(
    fake: FakeStore, store: S3ObjectStore, answers: list[int]
) -> None:
    fake.failures = list(answers)
    with pytest.raises(ObjectStoreUnavailable) as away:
        await store.put("one", b"content", "image/png")
    assert away.value.reason == "OBJECT_STORE_UNAVAILABLE"


async def test_a_read_that_fails_says_nothing_of_room(
    fake: FakeStore, store: S3ObjectStore
) -> None:
    fake.failures = [500] * TIMES
    with pytest.raises(ObjectStoreUnavailable) as failed:
        async with store.open("one"):
            pass
    assert failed.value.reason == "OBJECT_STORE_UNAVAILABLE"
