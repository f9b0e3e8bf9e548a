"""A steady load through both edges, and what became of each request."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
import httpx
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from argus.inspection.v1 import inspection_pb2, inspection_pb2_grpc
from argus.search.v1 import search_pb2, search_pb2_grpc
from argus.storage.v1 import image_pb2, image_pb2_grpc

from tests.support.eventually import eventually
from tests.support.inspection.metal import part
from tests.support.pictures import drawing, encoded
from tests.support.user import User, register

PER_SECOND = 50
TIMEOUT_S = 20.0
REFERENCES = 12
UNDER_WAY = (
    inspection_pb2.Job.QUEUED,
    inspection_pb2.Job.RUNNING,
    inspection_pb2.Job.SUCCEEDED,
)
OPTIONS = (
    (
        "grpc.service_config",
        json.dumps({"loadBalancingConfig": [{"round_robin": {}}]}),
    ),
    # Whoever comes back is used again soon.
    ("grpc.max_reconnect_backoff_ms", 500),
    ("grpc.initial_reconnect_backoff_ms", 100),
)


@dataclass
class Told:
    """What became of requests."""

    answered: Counter[str] = field(default_factory=Counter)
    """By what was asked."""
    failed: list[str] = field(default_factory=list)
    """What was asked, and the error."""
    uploaded: list[str] = field(default_factory=list)
    """Images whose upload was acknowledged."""
    inspected: list[str] = field(default_factory=list)
    """Inspections that were answered."""


class Load:
    """Somebody with a connection to each edge, as a client that a balancer serves.

    Args:
        user: Who asks.
        channel: To all edges.
    """

    def __init__(self, user: User, channel: grpc.aio.Channel) -> None:
        self.user = user
        self._search = search_pb2_grpc.SearchServiceStub(channel)
        self._auth = auth_pb2_grpc.AuthServiceStub(channel)
        self._inspection = inspection_pb2_grpc.InspectionServiceStub(channel)
        self._number = 0
        self._references: list[str] = []
        self._set_id = ""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Told]:
        """Asks all the time while the context lasts, and waits for the last answers."""
        told, end = Told(), asyncio.Event()
        asking = asyncio.create_task(self._ask_all(self._kinds(), told, end))
        try:
            yield told
        finally:
            end.set()
            await asking

    async def prepare(self) -> None:
        """Makes a reference set to inspect against."""
        self._references = await asyncio.gather(
            *(
                self.user.upload(part(seed), filename=f"part {seed}.png")
                for seed in range(REFERENCES)
            )
        )
        made = await self._inspect_call("CreateReferenceSet", display_name="metal")
        self._set_id = made.reference_set_id
        await self._inspect_call(
            "AddReferenceImages", reference_set_id=self._set_id, image_ids=self._references
        )
        await self.calibrated(await self.calibrate())

    async def calibrate(self) -> str:
        """Begins to make a new version of the set; the job's id."""
        begun = await self._inspect_call(
            "CalibrateReferenceSet",
            reference_set_id=self._set_id,
            target_false_alarm_rate=0.2,
            from_scratch=True,
        )
        return str(begun.job_id)

    async def calibrated(self, job_id: str) -> None:
        """Waits until a calibration has succeeded."""

        async def has() -> bool:
            with contextlib.suppress(grpc.aio.AioRpcError):
                job = await self._inspect_call(
                    "GetJob", reference_set_id=self._set_id, job_id=job_id
                )
                assert job.state in UNDER_WAY, job
                return bool(job.state == inspection_pb2.Job.SUCCEEDED)
            return False

        await eventually(has, "the set is calibrated", within_s=90)

    async def inspections(self) -> list[str]:
        """Ids of all inspections that are remembered."""
        found: list[str] = []
        token = ""
        while True:
            answer = await self._inspect_call(
                "ListInspections",
                reference_set_id=self._set_id,
                page_size=200,
                page_token=token,
            )
            found += [past.inspection.inspection_id for past in answer.inspections]
            token = answer.next_page_token
            if not token:
                return found

    async def images(self) -> dict[str, str]:
        """Names of all images that are there, by id; no two uploads of a load share one."""
        found: dict[str, str] = {}
        request = image_pb2.ListImagesRequest(page_size=200)
        while True:
            answer = await self.user.images.ListImages(
                request, metadata=self.user.token, timeout=TIMEOUT_S
            )
            found |= {image.image_id: image.filename for image in answer.images}
            if not answer.next_page_token:
                return found
            request.page_token = answer.next_page_token

    async def found(self) -> set[str]:
        """All images that a search finds."""
        found: set[str] = set()
        request = search_pb2.SearchImagesRequest(text="shapes", limit=200)
        while True:
            answer = await self._search.SearchImages(
                request, metadata=self.user.token, timeout=TIMEOUT_S
            )
            found |= {match.image.image_id for match in answer.matches}
            if not answer.next_page_token:
                return found
            request.page_token = answer.next_page_token

    def _kinds(self) -> list[tuple[str, Callable[[Told], Awaitable[Any]]]]:
        """What is asked in turn; an upload is three requests."""
        of = {
            "list": self._list,
            "search": self._find,
            "sessions": self._sessions,
            "inspect": self._inspect,
            "upload": self._upload,
        }
        turns = [
            *("list", "search", "list", "sessions", "list", "inspect", "list", "list"),
            *("list", "search", "list", "sessions", "list", "upload", "list", "list"),
        ]
        return [(kind, of[kind]) for kind in turns]

    async def _ask_all(self, kinds: Sequence[Any], told: Told, end: asyncio.Event) -> None:
        now = asyncio.get_running_loop().time
        turn, due = 0, now()
        async with asyncio.TaskGroup() as asked:
            while not end.is_set():
                name, ask = kinds[turn % len(kinds)]
                turn += 1
                asked.create_task(self._asked(name, ask, told))
                # What a busy machine came late with is made up for, a second of it at most.
                due = max(due, now() - 1) + (3 if name == "upload" else 1) / PER_SECOND
                await asyncio.sleep(due - now())

    async def _asked(self, name: str, ask: Callable[[Told], Awaitable[Any]], told: Told) -> None:
        try:
            await ask(told)
        except grpc.aio.AioRpcError as error:
            told.failed.append(f"{name}: {error.code().name}: {error.details()}")
        except httpx.HTTPError as error:
            told.failed.append(f"{name}: {error!r}")
        else:
            told.answered[name] += 1

    async def _list(self, _: Told) -> None:
        request = image_pb2.ListImagesRequest(page_size=10)
        await self.user.images.ListImages(request, metadata=self.user.token, timeout=TIMEOUT_S)

    async def _sessions(self, _: Told) -> None:
        await self._auth.ListSessions(
            auth_pb2.ListSessionsRequest(), metadata=self.user.token, timeout=TIMEOUT_S
        )

    async def _find(self, _: Told) -> None:
        request = search_pb2.SearchImagesRequest(text="shapes", limit=5)
        await self._search.SearchImages(request, metadata=self.user.token, timeout=TIMEOUT_S)

    async def _inspect(self, told: Told) -> None:
        image_id = self._references[len(told.inspected) % len(self._references)]
        found = await self._inspect_call(
            "Inspect", reference_set_id=self._set_id, image_id=image_id
        )
        told.inspected.append(found.inspection_id)

    async def _inspect_call(self, method: str, **fields: Any) -> Any:
        request = getattr(inspection_pb2, f"{method}Request")(**fields)
        stub = getattr(self._inspection, method)
        return await stub(request, metadata=self.user.token, timeout=TIMEOUT_S)

    async def _upload(self, told: Told) -> None:
        self._number += 1
        content = encoded(drawing(self._number, (64, 64)))
        told.uploaded.append(await self.user.upload(content, filename=f"{self._number}.png"))


@contextlib.asynccontextmanager
async def load(edges: Sequence[str]) -> AsyncIterator[Load]:
    """A load of somebody new."""
    async with (
        grpc.aio.insecure_channel(f"ipv4:{','.join(edges)}", options=OPTIONS) as channel,
        httpx.AsyncClient(trust_env=False, timeout=TIMEOUT_S) as http,
    ):
        session = await register(auth_pb2_grpc.AuthServiceStub(channel))
        user = User(image_pb2_grpc.ImageServiceStub(channel), http, session)
        made = Load(user, channel)
        await made.prepare()
        yield made
