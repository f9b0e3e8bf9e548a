"""The edge: what it costs, how exact its limits are, and what an honest client meets under attack.

python -m bench edge [--only PART …] [--rounds N] [--seconds N] [--write]
"""

import argparse
import asyncio
import shlex
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import grpc
import numpy as np
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from argus.storage.v1 import image_pb2

from bench.attack.target import Target
from bench.edge.calls import Call, Caller
from bench.edge.envoys import Envoy, bare_envoy, further_edge
from bench.edge.goals import goals
from bench.edge.limits import (
    READS,
    guesses_that_were_looked_at,
    let_through,
    uploads_that_were_reserved,
)
from bench.edge.options import PARTS
from bench.edge.report import markdown
from bench.edge.results import BARE, DIRECT, EDGE, Results, Round, Siege
from bench.edge.siege import RAMP_S, Honest, attackers, newcomers_let_in, picture
from bench.edge.streams import both_ways_mb_per_s, download_mb_per_s
from bench.embedder.machine import describe_machine
from bench.goal import HEADS
from bench.inspection.inspecting import reference_set, stored
from bench.report_command import command_line, progress, publish, show
from bench.running import RunningMesh, running_mesh
from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect
from mesh.parts.edge import limits_template

MODEL = "compact"
PASSWORD = "a long password"
PENDING_UPLOADS = 200
"""That a user of this mesh may have."""

FREE_GUESSES = 5
"""Of one account from one address, as auth has it unless told otherwise."""

SMALL_SIDE, LARGE_SIDE, PIECE_SIDE = 192, 2300, 700
"""Pixels of pictures of noise: of a set's, of the one that is downloaded, of what streams carry."""

STREAMED = 80
"""Messages of a stream, of 1.5 MB each."""
DOWNLOADS = 6
"""Of 16 MB each."""
CONNECTIONS, AT_ONCE = 4, 8
"""Of the clients that call as fast as they are answered."""
LONGER = 6
"""Times the seconds of a round: stretches of limits and of attacks, of which there are fewer."""
UNLIMITED = 1_000_000
NEWCOMERS = range(100, 140)
_LIST_MODELS = "/argus.embedder.v1.EmbedderService/ListModels"
_EMBED_IMAGES = "/argus.embedder.v1.EmbedderService/EmbedImages"
_DOWNLOAD_IMAGE = "/argus.storage.v1.ImageService/DownloadImage"
_CLASSES = ("read", "search", "download", "embed", "stream")

Say = Callable[[str], None]
T = TypeVar("T")


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures and prints the report; writes `docs/benchmarks/edge.md` if asked for."""
    results = run(chosen, progress())
    arguments = ["edge", "--rounds", str(chosen.rounds), "--seconds", f"{chosen.seconds:g}"]
    if tuple(chosen.only) != PARTS:
        arguments += ["--only", *map(shlex.quote, chosen.only)]
    text = markdown(results, machine=describe_machine(), command=command_line(arguments))
    show(HEADS, (goal.cells for goal in goals(results)))
    publish(text, docs / "edge.md", write=chosen.write)


def run(chosen: argparse.Namespace, say: Say) -> Results:
    """Starts a mesh, measures, and stops it."""
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as temporary:
        work = Path(temporary)
        work.chmod(0o711)  # PostgreSQL's own user passes through
        settings = {
            # The edge that is attacked has the limits that everybody has.
            "ARGUS_LIMITS_FILE": str(limits_template()),
            "ARGUS_STORAGE_PENDING_UPLOADS": str(PENDING_UPLOADS),
            "ARGUS_MODEL_DIR": str(chosen.model_dir.absolute()),
        }
        with running_mesh(work / "data", model=MODEL, settings=settings) as mesh:
            measuring = _Measuring(mesh, work, chosen.rounds, chosen.seconds, say)
            measuring.prepare()
            for name in chosen.only:
                say(name)
                try:
                    getattr(measuring, name)()
                except (grpc.RpcError, OSError, RuntimeError) as error:
                    measuring.results.failed[name] = str(error).splitlines()[0]
                    say(f"{name}: {error}")
            return measuring.results


@dataclass(frozen=True)
class _Account:
    """Somebody with a large image."""

    email: str
    token: str
    image_id: str
    set_ids: list[str]


class _Measuring:
    """All parts, on one mesh; each is a method that is named as its option."""

    def __init__(
        self, mesh: RunningMesh, work: Path, rounds: int, seconds: float, say: Say
    ) -> None:
        self.results = Results(method=_LIST_MODELS)
        self._mesh, self._work, self._say = mesh, work, say
        self._rounds, self._seconds = rounds, seconds

    def prepare(self) -> None:
        """Makes the accounts: of good will, of bad, and one whose password is guessed."""
        self._ada, self._eve = asyncio.run(self._accounts())

    def unary(self) -> None:
        """The same small call straight, through an Envoy that only passes on, through the edge."""
        call = Call(_LIST_MODELS, self._ada.token)
        service = self._mesh.ports.embedder
        with (
            self._unlimited() as edge,
            bare_envoy(_LIST_MODELS, service, self._work) as bare,
        ):
            ways: dict[str, tuple[int, Envoy | None]] = {
                DIRECT: (service, None), BARE: (bare.port, bare), EDGE: (edge.port, edge),
            }  # fmt: skip
            for port, _ in ways.values():
                _calls(call, port, None, 1.0)
            for number in range(self._rounds):
                for way, (port, envoy) in _in_turn(ways, number):
                    found = _calls(call, port, envoy, self._seconds)
                    self.results.unary.setdefault(way, []).append(found)
                    self._say(f"{way}: p50 {found.p50_ms:.2f} ms, {found.per_s:.0f}/s")

    def streams(self) -> None:
        """Bytes both ways and bytes of a download, straight and through the edge."""
        item = embedder_pb2.EmbedImagesRequest(item_id="1", image=picture(3, PIECE_SIDE))
        embed = Call(_EMBED_IMAGES, self._ada.token, item.SerializeToString())
        asked = image_pb2.DownloadImageRequest(image_id=self._ada.image_id)
        download = Call(_DOWNLOAD_IMAGE, self._ada.token, asked.SerializeToString())
        asyncio.run(_is_embedded(self._mesh.ports.embedder, embed.token, item))
        with self._unlimited() as edge:
            both = {DIRECT: self._mesh.ports.embedder, EDGE: edge.port}
            down = {DIRECT: self._mesh.ports.storage, EDGE: edge.port}
            for port in both.values():
                both_ways_mb_per_s(port, embed, AT_ONCE, AT_ONCE)
            for number in range(self._rounds):
                for way, port in _in_turn(both, number):
                    found = both_ways_mb_per_s(port, embed, STREAMED, AT_ONCE)
                    self.results.both_ways.setdefault(way, []).append(found)
                    self._say(f"{way}, both ways: {found:.0f} MB/s")
                for way, port in _in_turn(down, number):
                    found = download_mb_per_s(port, download, DOWNLOADS)
                    self.results.download.setdefault(way, []).append(found)
                    self._say(f"{way}, download: {found:.0f} MB/s")

    def limits(self) -> None:
        """What many clients are let through, at one edge, at two, and from many addresses."""
        call = Call(_LIST_MODELS, self._ada.token)
        addresses = [f"127.0.1.{last}" for last in range(1, 33)]
        seconds = LONGER * self._seconds
        found = self.results
        with ExitStack() as opened:
            ports = [
                opened.enter_context(
                    further_edge(self._mesh.layout, self._mesh.ports, self._work, buckets=READS)
                ).port
                for _ in range(2)
            ]
            for _ in range(max(2, self._rounds // 4)):
                found.one_edge.append(let_through(call, ports[:1], seconds))
                found.two_edges.append(let_through(call, ports, seconds))
                found.many_addresses.append(let_through(call, ports[:1], seconds, addresses))
                self._say(
                    f"one edge {found.one_edge[-1]:.3f}, two {found.two_edges[-1]:.3f}, "
                    f"many addresses {found.many_addresses[-1]:.3f}"
                )
            found.passwords_allowed = FREE_GUESSES
            found.passwords = asyncio.run(guesses_that_were_looked_at(ports, _VICTIM))
            found.uploads_allowed = PENDING_UPLOADS
            found.uploads = asyncio.run(
                uploads_that_were_reserved(ports, self._ada.token, PENDING_UPLOADS * 3 // 2)
            )

    def siege(self) -> None:
        """An honest client, alone and while every attack goes on."""
        port = int(self._mesh.server.rpartition(":")[2])
        target = Target(
            port=port,
            token=self._eve.token,
            image_id=self._eve.image_id,
            set_ids=self._eve.set_ids,
            victim=_VICTIM,
        )
        self.results.siege = asyncio.run(self._besieged(target))

    async def _besieged(self, target: Target) -> Siege:
        found = Siege()
        seconds = LONGER * self._seconds
        async with connect(self._mesh.server, self._account_file("bert")) as connection:
            await connection.sign_in("bert@example.org", PASSWORD, name="")
            (image_id,) = await self._stored(connection, "bert", [picture(5, SMALL_SIDE)])
            honest = Honest(connection, image_id)
            await honest.stretch(2.0)
            for _ in range(max(2, self._rounds // 3)):
                found.idle.append(await honest.stretch(seconds))
                with attackers(target, seconds + 2 * RAMP_S) as finished:
                    await honest.stretch(RAMP_S)
                    found.under_attack.append(await honest.stretch(seconds))
                    found.newcomers += len(NEWCOMERS)
                    found.let_in += await asyncio.to_thread(
                        newcomers_let_in, target.port, NEWCOMERS
                    )
                    found.done += await asyncio.to_thread(finished)
                attacked = found.under_attack[-1]
                self._say(
                    f"p99 {np.quantile(attacked.seconds, 0.99) * 1e3:.0f} ms, idle "
                    f"{np.quantile(found.idle[-1].seconds, 0.99) * 1e3:.0f}; "
                    f"failed: {attacked.failures[:3]}"
                )
                # What they left under way ends.
                await asyncio.sleep(RAMP_S)
        return found

    @contextmanager
    def _unlimited(self) -> Iterator[Envoy]:
        """An edge with all limits, none of which is ever reached."""
        most = dict.fromkeys(_CLASSES, (UNLIMITED, UNLIMITED))
        with further_edge(self._mesh.layout, self._mesh.ports, self._work, buckets=most) as envoy:
            yield envoy

    async def _accounts(self) -> tuple[_Account, _Account]:
        async with AsyncExitStack() as opened:
            made = []
            for name in ("ada", "eve", "victim"):
                connection = await opened.enter_async_context(
                    connect(self._mesh.server, self._account_file(name))
                )
                account = await connection.sign_in(f"{name}@example.org", PASSWORD, name="")
                if name == "victim":
                    continue
                contents = [picture(seed, SMALL_SIDE) for seed in range(12)]
                large, *small = await self._stored(
                    connection, name, [picture(99, LARGE_SIDE), *contents]
                )
                sets = [await reference_set(connection, small) for _ in range(2)]
                made.append(_Account(f"{name}@example.org", account.access_token, large, sets))
            return made[0], made[1]

    async def _stored(
        self, connection: Connection, name: str, contents: Sequence[bytes]
    ) -> list[str]:
        folder = self._work / name
        folder.mkdir()
        files = [folder / f"{number:02d}.png" for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        return await stored(connection, files)

    def _account_file(self, name: str) -> AccountFile:
        return AccountFile(self._work / f"{name}.account")


_VICTIM = "victim@example.org"


def _calls(call: Call, port: int, envoy: Envoy | None, seconds: float) -> Round:
    """One call after the other, then many at a time."""
    with closing(Caller(call, [(port, "127.0.0.1")])) as caller:
        alone = caller.run(seconds)
    with closing(Caller(call, [(port, "127.0.0.1")] * CONNECTIONS, at_once=AT_ONCE)) as caller:
        caller.run(0.3)
        before = envoy.cpu_s() if envoy else 0.0
        many = caller.run(seconds)
        used = envoy.cpu_s() - before if envoy else 0.0
    if alone.refused or many.refused:
        raise RuntimeError(f"{alone.refused + many.refused} calls were refused")
    p50, p99 = np.quantile(alone.seconds, [0.5, 0.99]) * 1e3
    return Round(float(p50), float(p99), many.per_s, 1e6 * used / len(many.seconds))


async def _is_embedded(port: int, token: str, item: embedder_pb2.EmbedImagesRequest) -> None:
    """Whether what streams carry is what the embedder takes; afterwards it knows it.

    Raises:
        RuntimeError: It is not.
    """
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = embedder_pb2_grpc.EmbedderServiceStub(channel).EmbedImages(
            iter([item]), metadata=(("authorization", f"Bearer {token}"),), timeout=60
        )
        async for answer in call:
            if not answer.HasField("embedding"):
                raise RuntimeError(answer.error.message)


def _in_turn(ways: dict[str, T], number: int) -> list[tuple[str, T]]:
    """The ways, another one first in each round."""
    items = list(ways.items())
    first = number % len(items)
    return items[first:] + items[:first]
