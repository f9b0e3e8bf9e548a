"""What people of bad will do again and again, as fast as they are let."""

import asyncio
import gzip
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import grpc
import httpx
from argus.auth.v1 import auth_pb2
from argus.inspection.v1 import inspection_pb2, inspection_pb2_grpc
from argus.storage.v1 import image_pb2, image_pb2_grpc

from bench.attack import bad_ids
from bench.attack.held import LOGIN, Hoarder
from bench.attack.stranger import Stranger
from bench.attack.target import Target

Flood = Callable[[Target, Counter[str]], Awaitable[None]]
"""Goes on until it is cancelled, and counts what it did."""

TIMEOUT_S = 20.0
_BOMB_BYTES = 40 * 2**20
_RESETS = 2000
_BREATH_S = 0.02
"""Between two of a kind that needs no more than that to be felt, if it can be."""


async def wrong_passwords(target: Target, done: Counter[str]) -> None:
    """Guesses the victim's password, and those of people who are not there, from four addresses."""

    async def guess(address: str) -> None:
        transport = httpx.AsyncHTTPTransport(local_address=address)
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{target.port}", transport=transport, timeout=TIMEOUT_S
        ) as http:
            while True:
                for email in (target.victim, f"{uuid4().hex}@example.org"):
                    body = {"email": email, "password": uuid4().hex}
                    answer = await http.post("/api/auth/login", json=body)
                    done[f"wrong passwords: {answer.status_code}"] += 1

    await asyncio.gather(*(guess(f"127.0.0.{31 + number % 4}") for number in range(16)))


async def requests_of_bad_ids(target: Target, done: Counter[str]) -> None:
    """Hundreds and thousands of what is no id, eight requests at a time."""
    async with _channel(target) as channel:
        images: Any = image_pb2_grpc.ImageServiceStub(channel)
        calls = (
            (images.BatchGetImages, bad_ids.AS_MANY_AS_ALLOWED),
            (images.BatchGetImages, bad_ids.FAR_MORE),
            (images.BatchUpdateLabels, bad_ids.LABELS),
        )

        async def send() -> None:
            while True:
                for method, request in calls:
                    await _tried(method, request, target, done, "bad ids")

        await asyncio.gather(*(send() for _ in range(8)))


async def queued_calibrations(target: Target, done: Counter[str]) -> None:
    """Calibrations of one's own sets, without an end."""
    async with _channel(target) as channel:
        inspection: Any = inspection_pb2_grpc.InspectionServiceStub(channel)
        while True:
            for set_id in target.set_ids:
                request = inspection_pb2.CalibrateReferenceSetRequest(reference_set_id=set_id)
                await _tried(
                    inspection.CalibrateReferenceSet, request, target, done, "calibrations"
                )
                await asyncio.sleep(_BREATH_S)


async def pending_uploads(target: Target, done: Counter[str]) -> None:
    """Uploads that are reserved and never made, and some of another length than was said."""
    async with _channel(target) as channel, httpx.AsyncClient(trust_env=False) as store:
        images: Any = image_pb2_grpc.ImageServiceStub(channel)
        content = bytes(2**20)
        while True:
            request = image_pb2.CreateUploadRequest(
                filename="x.png", content_type="image/png", size_bytes=100
            )
            made = await _tried(images.CreateUpload, request, target, done, "pending uploads")
            if made is not None and done["pending uploads: OK"] % 10 == 0:
                upload = made.upload
                try:
                    answer = await store.request(
                        upload.method, upload.url, headers=dict(upload.headers), content=content
                    )
                    said = str(answer.status_code)
                except httpx.TransportError:
                    said = "cut off"
                done[f"uploads of another length: {said}"] += 1
            await asyncio.sleep(_BREATH_S)


async def many_watches(target: Target, done: Counter[str]) -> None:
    """Watches of one's images, more than one may have."""
    async with _channel(target) as channel:
        images: Any = image_pb2_grpc.ImageServiceStub(channel)
        held = []
        while True:
            call = images.WatchImages(image_pb2.WatchImagesRequest(), metadata=_token(target))
            try:
                await call.read()
                held.append(call)
                done["watches: OK"] += 1
            except grpc.aio.AioRpcError as error:
                done[f"watches: {error.code().name}"] += 1
            await asyncio.sleep(_BREATH_S)


async def packed_bombs(target: Target, done: Counter[str]) -> None:
    """Logins of 40 MiB that are 40 kB on their way."""
    packed = gzip.compress(auth_pb2.LoginRequest(email="x" * _BOMB_BYTES).SerializeToString(), 9)

    def throw() -> int:
        with Stranger(target.port, "127.0.0.41") as stranger:
            stranger.hear()  # how much may be sent
            for _ in range(4):
                stream = stranger.begin(LOGIN, grpc_encoding="gzip")
                stranger.say_packed(stream, packed)
            stranger.hear(0.5)
            return len(stranger.ended)

    while True:
        done["packed bombs: refused"] += await asyncio.to_thread(throw)


async def bodies_without_a_token(target: Target, done: Counter[str]) -> None:
    """Bodies of 32 MiB that are begun with what is no token."""

    def begin() -> None:
        with Hoarder(target.port, "127.0.0.42") as hoarder:
            for number in range(8):
                one = hoarder.body_that_waits("/api/search", f"{number}.x.y", bytes(2**16))
                try:
                    said = one.recv(12).decode()
                except OSError:
                    said = "cut off"
                done[f"bodies without a token: {said}"] += 1

    while True:
        await asyncio.to_thread(begin)
        await asyncio.sleep(10 * _BREATH_S)


async def rapid_resets(target: Target, done: Counter[str]) -> None:
    """Calls that are given up as soon as they are begun."""

    def reset() -> int:
        count = 0
        try:
            with Stranger(target.port, "127.0.0.43") as stranger:
                while count < _RESETS:
                    stranger.reset(stranger.begin(LOGIN))
                    count += 1
        except OSError:
            pass  # cut off
        return count

    while True:
        done["rapid resets"] += await asyncio.to_thread(reset)
        await asyncio.sleep(5 * _BREATH_S)


ALL: tuple[Flood, ...] = (
    wrong_passwords,
    requests_of_bad_ids,
    queued_calibrations,
    pending_uploads,
    many_watches,
    packed_bombs,
    bodies_without_a_token,
    rapid_resets,
)


def _channel(target: Target) -> grpc.aio.Channel:
    own = [("grpc.use_local_subchannel_pool", 1)]
    return grpc.aio.insecure_channel(f"127.0.0.1:{target.port}", options=own)


def _token(target: Target) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {target.token}"),)


async def _tried(
    method: Any,  # noqa: ANN401 - grpc's are untyped
    request: object,
    target: Target,
    done: Counter[str],
    name: str,
) -> Any:  # noqa: ANN401 - a message; None if it was refused
    try:
        answer = await method(request, metadata=_token(target), timeout=TIMEOUT_S)
    except grpc.aio.AioRpcError as error:
        done[f"{name}: {error.code().name}"] += 1
        return None
    done[f"{name}: OK"] += 1
    return answer
