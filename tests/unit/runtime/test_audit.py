"""What is noted of calls, and that it is sent whatever happens to Redis."""

import asyncio
import logging
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from argus.auth.v1 import auth_pb2, user_pb2
from argus.policy.v1 import policy_pb2
from argus.storage.v1 import image_pb2

from mesh.parts.edge import descriptor_set
from mesh.parts.edge_policy import policies_of
from services.runtime.audit import STRANGERS_AT_ONCE, AuditTrail
from services.runtime.audit_chain import START, ChainBroken, ChainCheck, Link, link_hash
from services.runtime.audit_entry import (
    MAX_TEXT,
    AuditEntry,
    Targets,
    add_targets,
    cleaned,
    collect_targets,
    note,
)
from tests.support.eventually import eventually
from tests.support.measuring import Measured

POLICIES = policies_of(descriptor_set().read_bytes())


class Sink:
    """Takes records, when it can."""

    def __init__(self) -> None:
        self.taken: list[AuditEntry] = []
        self.down = False
        self.hold: asyncio.Event | None = None

    async def write(self, record: str) -> None:
        if self.hold:
            await self.hold.wait()
        if self.down:
            raise ConnectionError("down")
        self.taken.append(AuditEntry.from_record(record))


class World:
    """A trail, what it measures, and a time that moves when it is told to."""

    def __init__(self, timeout_s: float = 60) -> None:
        self.now = 0.0
        self.sink = Sink()
        self.measured = Measured()
        meters = self.measured.providers.meters
        self.trail = AuditTrail(self.sink, meters, clock=lambda: self.now, timeout_s=timeout_s)

    def outcomes(self) -> dict[str, int]:
        found = self.measured.values("argus.audit.entries", "argus.outcome")
        return {name: value for (name,), value in found.items()}


def entry(**values: object) -> AuditEntry:
    fields = {"method": "/a.B/C", "code": "OK"} | values
    return AuditEntry(entry_id=uuid4(), time=datetime.now(UTC), **fields)  # type: ignore[arg-type]


async def test_an_entry_is_sent_before_the_call_is_answered() -> None:
    world = World()
    sent = entry()
    await world.trail.record(sent, stranger=False)
    assert world.sink.taken == [sent]
    assert world.outcomes() == {"sent": 1}


async def test_what_redis_does_not_take_is_sent_later_in_order() -> None:
    world = World()
    world.sink.down = True
    entries = [entry() for _ in range(3)]
    for one in entries:
        await world.trail.record(one, stranger=False)
    await world.trail.flush()
    assert not world.sink.taken
    world.sink.down = False
    await world.trail.flush()
    assert world.sink.taken == entries
    last = entry()
    await world.trail.record(last, stranger=False)
    assert world.sink.taken[-1] == last


async def test_a_call_does_not_wait_for_a_redis_that_hangs() -> None:
    world = World(timeout_s=0.01)
    world.sink.hold = asyncio.Event()
    held = entry()
    await world.trail.record(held, stranger=False)
    world.sink.hold.set()
    await world.trail.flush()
    assert world.sink.taken == [held]


async def test_an_entry_whose_call_is_cancelled_is_sent_by_others() -> None:
    world = World()
    world.sink.hold = asyncio.Event()
    cancelled = entry()
    call = asyncio.create_task(world.trail.record(cancelled, stranger=False))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    world.sink.hold.set()
    later = entry(code="CANCELLED")
    world.trail.record_later(later, stranger=False)
    sending = asyncio.create_task(world.trail.run())
    await eventually(lambda: len(world.sink.taken) == 2, "both are sent")
    sending.cancel()
    assert world.sink.taken == [cancelled, later]


async def test_what_is_never_sent_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.sink.down = True
    lost = entry(user_id="ada")
    await world.trail.record(lost, stranger=False)
    with caplog.at_level(logging.ERROR):
        world.trail.tell_lost()
    (line,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert vars(line)["facts"]["entry"] == lost.to_record()
    assert world.outcomes()["lost"] == 1


async def test_strangers_do_not_fill_it_and_say_how_many_they_were() -> None:
    world = World()
    for _ in range(STRANGERS_AT_ONCE + 7):
        await world.trail.record(entry(code="UNAUTHENTICATED"), stranger=True)
    assert len(world.sink.taken) == STRANGERS_AT_ONCE
    await world.trail.record(entry(user_id="ada"), stranger=False)
    assert world.sink.taken[-1].user_id == "ada"
    world.now += 1
    await world.trail.record(entry(code="UNAUTHENTICATED"), stranger=True)
    assert world.sink.taken[-1].omitted == 7
    assert world.outcomes()["omitted"] == 7


def test_a_record_is_ascii_and_reads_back_as_it_was() -> None:
    whole = entry(
        user_id="u", session_id="s", reason="X", address="::1", agent="a \u00e9 \u202e",
        targets={"email": ["\u2028@example.org"], "image_id": ["1", "2"]}, omitted=3,
    )  # fmt: skip
    assert whole.to_record().isascii()
    assert "\n" not in whole.to_record()
    assert AuditEntry.from_record(whole.to_record()) == whole
    assert entry().to_record().count(":") < whole.to_record().count(":")


@pytest.mark.parametrize(
    "record",
    ["", "[]", "{}", "null", '{"id":1}', '{"id":"x","time":"y"}',
     entry().to_record().replace("+00:00", ""),
     entry().to_record().replace('"code":"OK"', '"code":1'),
     entry().to_record().replace('"code":"OK"', '"code":"OK","more":1'),
     entry(targets={"a": ["b"]}).to_record().replace('["b"]', "[1]"),
     entry(targets={"a": ["b"]}).to_record().replace('["b"]', "1"),
        entry(targets={"a": ["b"]}).to_record().replace('"b"', r'"\ud800"'),
        entry(omitted=7).to_record().replace("7", "1e400"),
        entry(agent="x").to_record().replace('"x"', "[]"),
        "[" * 100_000],
)  # fmt: skip
def test_what_is_no_record_is_told(record: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong
        AuditEntry.from_record(record)


def test_text_of_strangers_is_harmless_and_short() -> None:
    assert cleaned("a\x1b[31m\u202e\nb\x00\ud800") == "a\ufffd[31m\ufffd\ufffdb\ufffd\ufffd"
    assert len(cleaned("x" * 10_000)) == MAX_TEXT


def test_names_of_things_are_taken_from_messages_and_nothing_else() -> None:
    found: Targets = {}
    add_targets(
        found,
        auth_pb2.Session(
            user=auth_pb2.User(user_id="u", email="a@b.c", display_name="Ada"),
            access_token="secret",
            refresh_token="secret",
        ),
    )
    add_targets(found, auth_pb2.LoginRequest(email="d@e.f", password="secret"))
    add_targets(found, user_pb2.SetUserRoleRequest(user_id="v", role=policy_pb2.ADMIN))
    add_targets(found, image_pb2.BatchDeleteImagesRequest(image_ids=["1", "2", "2"]))
    assert found == {
        "user_id": ["u", "v"],
        "email": ["a@b.c", "d@e.f"],
        "role": ["ADMIN"],
        "image_id": ["1", "2"],
    }


def test_what_is_noted_outside_of_a_call_is_nowhere() -> None:
    note(user_id="nobody")
    found = collect_targets()
    note(user_id="u", api_key_id="")
    assert found["user_id"] == ["u"]


def test_what_changes_something_is_noted_and_what_reads_is_not() -> None:
    audited = {method.rpartition("/")[2] for method, one in POLICIES.items() if one.audited}
    assert {
        "Login", "RefreshToken", "ChangePassword", "CreateApiKey", "SetUserRole", "AssignRole",
        "RotateSigningKey", "CreateUpload", "DeleteImage", "ShareReferenceSet", "TrainHead",
        "SubmitFeedback", "ExportFeedback", "ExportVersion", "ListUsers",
        "ListAuditEvents", "WatchAuditEvents",
    } <= audited  # fmt: skip
    assert not {
        "GetMe", "GetJwks", "ListImages", "WatchImages", "GetThumbnail", "SearchImages", "Check",
        "Inspect", "EmbedImages", "ListModels",
    } & audited  # fmt: skip


def chain(*records: str) -> list[Link]:
    links, before = [], START
    for sequence, record in enumerate(records, 1):
        before = link_hash(before, sequence, record)
        links.append(Link(sequence, record, before))
    return links


def follow(links: list[Link]) -> ChainCheck:
    check = ChainCheck()
    for link in links:
        check.follow(link)
    return check


def test_a_chain_is_followed_to_its_known_end() -> None:
    links = chain("a", "b", "c")
    follow(links).finish(3, links[-1].hash)
    follow([]).finish(0, START)
    with pytest.raises(ChainBroken, match="should end with entry 3, and ends with 2"):
        follow(links[:2]).finish(3, links[-1].hash)
    with pytest.raises(ChainBroken, match="another hash"):
        follow(chain("a", "x", "c")).finish(3, links[-1].hash)


A, B, C = chain("a", "b", "c")


@pytest.mark.parametrize(
    "wrong",
    [
        [A, C],
        [B, C],
        [A, C, B],
        [A, Link(2, "x", B.hash), C],
        [A, Link(2, "x", link_hash(A.hash, 2, "x")), C],
        [A, A, B, C],
    ],
    ids=["gap", "start", "order", "record", "hash of one", "twice"],
)
def test_a_chain_that_was_changed_is_not_followed(wrong: list[Link]) -> None:
    with pytest.raises(ChainBroken):
        follow(wrong)


def test_the_hash_is_what_the_contract_says() -> None:
    # printf '%064d%016x61' 0 1 | xxd -r -p | sha256sum
    (first,) = chain("a")
    assert first.hash.hex() == "00f87f5348b32d1caf5e59cbfadc31d568b7b2d04679e0d52b5aad8c5d4dfeed"


async def test_what_waits_when_a_loop_ends_is_sent_or_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for comes_back in (True, False):
        world = World()
        waits = entry()
        async with world.trail.sending() as trail:
            world.sink.down = True
            await trail.record(waits, stranger=False)
            world.sink.down = not comes_back
        assert world.sink.taken == ([waits] if comes_back else [])
        lost = [one for one in caplog.records if one.levelno == logging.ERROR]
        assert len(lost) == (0 if comes_back else 1)
