"""The status says how each part is, also while parts are down or hang, and waits for none."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest
from argus.embedder.v1.embedder_pb2 import Model
from argus.storage.v1.ingest_pb2 import GetLimitsResponse

from services.clients.errors import EmbedderUnavailable, StorageUnavailable
from services.installation.description import Description
from services.installation.model import InspectionFacts, PartState, QueueReport
from services.installation.observation import Observation
from services.installation.ports import Part
from services.installation.remembered import Remembered
from services.runtime.errors import Unavailable

Check = Callable[[], Awaitable[object]]


async def works() -> None:
    pass


async def is_not_serving() -> None:
    raise Unavailable("not serving")


async def is_gone() -> None:
    raise ConnectionRefusedError("ipv4:10.0.0.7:50052 refuses")


async def hangs() -> None:
    await asyncio.Event().wait()


class Peers:
    """Storage and the embedder; down on demand."""

    down = False
    asked = 0

    async def limits(self) -> GetLimitsResponse:
        self.asked += 1
        if self.down:
            raise StorageUnavailable("storage does not answer")
        return GetLimitsResponse(max_image_bytes=7)

    async def models(self) -> Sequence[Model]:
        if self.down:
            raise EmbedderUnavailable("the embedder does not answer")
        return [Model(model="compact", default=True)]


class Redis:
    """A queue and counters; both hang on demand."""

    down = False

    async def report(self) -> QueueReport:
        if self.down:
            await hangs()
        return QueueReport("indexing", 3, 2, 1.5, 9)

    async def totals(self) -> Mapping[str, int]:
        if self.down:
            raise ConnectionError("no")
        return {"images_indexed": 4}


def observing(peers: Peers, redis: Redis, own: Check = works, **checks: Check) -> Observation:
    return Observation(
        [Part(name, check, f"Without {name}.") for name, check in checks.items()],
        Part("inspection", own, "Without it."),
        queues=[redis],
        totals=redis,
        peers=peers,
        most_s=0.05,
        clock=lambda: 5.0,
    )


async def test_all_is_well() -> None:
    report = await observing(Peers(), Redis(), auth=works, search=works).report()
    assert [(part.name, part.state, part.message) for part in report.parts] == [
        ("auth", PartState.SERVING, ""),
        ("search", PartState.SERVING, ""),
        ("inspection", PartState.SERVING, ""),
    ]
    assert report.at == 5
    assert report.queues == [QueueReport("indexing", 3, 2, 1.5, 9)]
    assert [model.model for model in report.models] == ["compact"]
    assert report.totals == {"images_indexed": 4}


@pytest.mark.parametrize(
    ("check", "state", "said"),
    [
        (is_not_serving, PartState.NOT_SERVING, "answers, but something that it needs is down"),
        (is_gone, PartState.UNREACHABLE, "does not answer."),
        (hangs, PartState.UNREACHABLE, "does not answer in time."),
    ],
)
async def test_a_part_that_is_down_is_told_in_words_and_without_its_address(
    check: Check, state: PartState, said: str
) -> None:
    report = await observing(Peers(), Redis(), storage=check, search=works).report()
    storage, search, inspection = report.parts
    assert (storage.state, search.state) == (state, PartState.SERVING)
    assert said in storage.message
    assert storage.message.endswith("Without storage.")
    assert "10.0.0.7" not in storage.message
    assert (inspection.state, inspection.message) == (
        PartState.NOT_SERVING,
        "inspection needs storage.",
    )


async def test_several_that_are_down_are_listed() -> None:
    report = await observing(
        Peers(), Redis(), auth=is_gone, storage=is_gone, search=is_not_serving
    ).report()
    assert report.parts[-1].message == "inspection needs auth, storage and search."
    one = await observing(Peers(), Redis(), own=is_not_serving, auth=works).report()
    assert one.parts[-1].message.endswith("Without it.")


async def test_what_cannot_be_asked_is_left_out() -> None:
    peers, redis = Peers(), Redis()
    peers.down = redis.down = True
    report = await observing(peers, redis, auth=works).report()
    assert (report.queues, report.models, report.totals) == ([], [], {})
    assert report.parts[0].state is PartState.SERVING


async def test_an_installation_is_described_from_memory_while_parts_are_down() -> None:
    peers = Peers()
    description = Description(
        peers,
        name="Line 3",
        version="1.2.3",
        inspection=InspectionFacts(5000, 365),
        trace_share=0.5,
    )
    peers.down = True
    with pytest.raises(StorageUnavailable):
        await description.describe()
    peers.down = False
    first = await description.describe()
    assert (first.name, first.version, first.default_model) == ("Line 3", "1.2.3", "compact")
    assert first.limits.images.max_bytes == 7
    assert first.trace_share == 0.5
    peers.down = True
    assert await description.describe() == first


async def test_an_answer_is_asked_for_again_when_it_is_old() -> None:
    now, peers = 0.0, Peers()
    remembered = Remembered(peers.limits, fresh_s=10, clock=lambda: now)
    await asyncio.gather(*(remembered.get() for _ in range(5)))
    assert peers.asked == 1
    now = 9.0
    await remembered.get()
    assert peers.asked == 1
    now = 10.0
    await remembered.get()
    assert peers.asked == 2
    now, peers.down = 20.0, True
    assert (await remembered.get()).max_image_bytes == 7
