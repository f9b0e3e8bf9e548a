"""Webhooks against a receiver on this machine that does what a test tells it to."""

import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpcore
import pytest

from services.inspection.line.allowed_targets import AllowedTargets
from services.inspection.line.sink_model import (
    Delivery,
    NotDelivered,
    Parcel,
    SinkKind,
    SinkTarget,
)
from services.inspection.line.webhook_signature import signed_headers
from services.inspection.peers.webhook_courier import (
    GuardedBackend,
    WebhookCourier,
    open_webhooks,
)
from tests.support.webhooks import Receiver, receiving

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = b"s" * 32
BODY = '{"type":"argus.test","ü":1}'


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@asynccontextmanager
async def courier(
    setting: str = "127.0.0.1:*",
    names: Callable[[str], Sequence[str]] | None = None,
    timeout_s: float = 20.0,
) -> AsyncIterator[WebhookCourier]:
    targets = AllowedTargets(setting)

    async def resolve(host: str, port: int) -> Sequence[str]:
        assert port
        return names(host) if names else [host]

    backend = GuardedBackend(targets, resolve)
    async with httpcore.AsyncConnectionPool(network_backend=backend) as pool:
        yield WebhookCourier(pool, targets, clock=lambda: NOW, timeout_s=timeout_s)


def parcel(url: str) -> Parcel:
    delivery = Delivery("d1", "s1", "i1", BODY, NOW, tries=1)
    return Parcel(delivery, SinkTarget(SinkKind.WEBHOOK, url), SECRET, 0)


def hook(receiver: Receiver, host: str = "127.0.0.1") -> Parcel:
    return parcel(f"http://{host}:{receiver.port}/hook?line=3")


async def problem(delivering: WebhookCourier, what: Parcel) -> NotDelivered:
    with pytest.raises(NotDelivered) as caught:
        await delivering.deliver(what)
    return caught.value


async def test_a_result_is_posted_signed(receiver: Receiver) -> None:
    async with courier() as delivering:
        await delivering.deliver(hook(receiver))
        await delivering.deliver(hook(receiver))
    assert receiver.connections == 1
    (first, headers, body), _ = receiver.requests
    assert first == "POST /hook?line=3 HTTP/1.1"
    assert body == BODY.encode()
    assert headers["content-type"] == "application/json"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    signed = signed_headers(SECRET, "d1", body, NOW)
    assert {name: headers[name] for name in signed} == signed


@pytest.mark.parametrize(
    ("answer", "words", "again_s", "final"),
    [
        (b"500 Oops\r\ncontent-length: 0", "status 500", 0, False),
        (b"302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0", "not followed", 0,
         False),
        (b"429 Slowly\r\nretry-after: 90\r\ncontent-length: 0", "status 429", 90, False),
        (b"503 Later\r\nretry-after: tomorrow\r\ncontent-length: 0", "status 503", 0, False),
        (b"410 Gone\r\ncontent-length: 0", "status 410", 0, True),
    ],
)  # fmt: skip
async def test_what_a_receiver_does_not_take(
    receiver: Receiver, answer: bytes, words: str, again_s: float, final: bool
) -> None:
    receiver.answer = b"HTTP/1.1 " + answer + b"\r\n\r\n"
    async with courier() as delivering:
        failure = await problem(delivering, hook(receiver))
    assert words in failure.problem
    assert (failure.again_after_s, failure.final) == (again_s, final)
    assert len(receiver.requests) == 1


async def test_an_answer_without_end_is_not_read(receiver: Receiver) -> None:
    receiver.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n" + b"x" * 200_000
    async with courier() as delivering:
        await delivering.deliver(hook(receiver))


async def test_who_does_not_answer_or_speaks_otherwise_is_a_problem(receiver: Receiver) -> None:
    receiver.silent = True
    async with courier(timeout_s=0.1) as delivering:
        assert "no answer within" in (await problem(delivering, hook(receiver))).problem
    receiver.silent, receiver.answer = False, b"220 mail.example.org ESMTP\r\n\r\n"
    async with courier() as delivering:
        assert "cannot be reached" in (await problem(delivering, hook(receiver))).problem
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with courier() as delivering:
        failure = await problem(delivering, parcel(f"http://127.0.0.1:{port}/"))
        assert "cannot be reached" in failure.problem


@pytest.mark.parametrize("found", [["127.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["::1"]])
async def test_a_name_that_points_at_this_machine_is_not_reached(
    receiver: Receiver, found: list[str]
) -> None:
    async with courier("mes.example.org:*", lambda _: found) as delivering:
        failure = await problem(delivering, hook(receiver, "mes.example.org"))
    assert "may not go there" in failure.problem
    assert not receiver.connections


async def test_a_name_is_looked_up_where_it_is_judged(receiver: Receiver) -> None:
    answers = [["127.0.0.1"], ["192.0.2.1"]]
    setting = "mes.example.org:*, 127.0.0.1:*"
    async with courier(setting, lambda _: answers.pop(0)) as delivering:
        await delivering.deliver(hook(receiver, "mes.example.org"))
    assert len(answers) == 1
    assert receiver.requests[0][1]["host"] == f"mes.example.org:{receiver.port}"


async def test_what_is_no_longer_allowed_is_not_reached(receiver: Receiver) -> None:
    async with open_webhooks(AllowedTargets(""), clock=lambda: NOW) as delivering:
        assert "may not go there" in (await problem(delivering, hook(receiver))).problem
    assert not receiver.connections


async def test_the_system_looks_names_up(receiver: Receiver) -> None:
    targets = AllowedTargets("localhost:*, 127.0.0.0/8:*, [::1]:*")
    async with open_webhooks(targets, clock=lambda: NOW) as delivering:
        await delivering.deliver(hook(receiver, "localhost"))
    assert len(receiver.requests) == 1
