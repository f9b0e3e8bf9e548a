"""Inspection through a running mesh, beside what its network alone takes."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import grpc
from argus.inspection.v1 import inspection_pb2

from bench.inspection.backbone import Backbone
from bench.inspection.features import MODEL
from bench.inspection.inspecting import Inspecting, calibration_s, reference_set, stored
from bench.inspection.line import Line
from bench.inspection.options import Options
from bench.inspection.peer import TorchPatchCore
from bench.inspection.results import SpeedAt
from bench.inspection.rounds import DIRECT, EDGE, TWO, Rounds, way
from bench.running import RunningMesh, running_mesh
from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect
from mesh.layout import Layout
from mesh.supervision.state import read_state

CALIBRATIONS = 2
"""Timed calibrations at each size, at most one for each round."""


class SpeedRun:
    """Measures at each size.

    Args:
        line: What is learnt and inspected.
        folder: Of the model, for the network alone.
        options: How often.
        say: Told what goes on.
    """

    def __init__(
        self, line: Line, folder: Path, options: Options, say: Callable[[str], None]
    ) -> None:
        self._line = line
        self._backbone = Backbone(folder)
        self._options = options
        self._say = say

    def run(self) -> tuple[SpeedAt, ...]:
        """Starts a mesh, measures, and stops it."""
        with tempfile.TemporaryDirectory(prefix="argus-bench-") as temporary:
            work = Path(temporary)
            work.chmod(0o711)  # PostgreSQL's own user passes through
            files = []
            for number, content in enumerate(self._line.references):
                files.append(work / f"reference-{number:03d}.jpg")
                files[-1].write_bytes(content)
            with running_mesh(work / "data", model=MODEL) as mesh:
                self._say("the mesh is ready")
                return asyncio.run(self._measure(mesh, files))

    async def _measure(self, mesh: RunningMesh, files: Sequence[Path]) -> tuple[SpeedAt, ...]:
        state = read_state(Layout.of(mesh.data_dir))
        if state is None:
            raise RuntimeError("the mesh does not run")
        accounts = AccountFile(mesh.data_dir.parent / "accounts")
        async with (
            connect(mesh.server, accounts) as connection,
            grpc.aio.insecure_channel(f"127.0.0.1:{state.ports.inspection}") as direct,
            grpc.aio.insecure_channel(mesh.server) as edge,
        ):
            await connection.sign_in("bench@example.org", "a long password", name="")
            image_ids = await stored(connection, files)
            return tuple(
                [
                    await self._at(size, connection, image_ids, {DIRECT: direct, EDGE: edge})
                    for size in self._options.sizes
                ]
            )

    async def _at(
        self,
        size: int,
        connection: Connection,
        image_ids: Sequence[str],
        channels: dict[str, grpc.aio.Channel],
    ) -> SpeedAt:
        at = SpeedAt(size)
        set_id = await reference_set(connection, image_ids)
        # The first loads the network, so it is not counted.
        await calibration_s(connection, set_id, size)
        for _ in range(min(CALIBRATIONS, self._options.rounds)):
            at.extraction_s.append(self._backbone.extraction_s(self._line.references, size))
            at.calibration_s.append(await calibration_s(connection, set_id, size))
        self._say(f"{size} px: calibrated in {median(at.calibration_s):.1f} s")
        peer = None
        if size == self._options.sizes[0]:
            peer = TorchPatchCore(size)
            at.peer_bank = peer.learn(self._line.references)
        metadata = await connection.metadata()
        asked = {
            route: Inspecting(channel, metadata, set_id) for route, channel in channels.items()
        }
        with_two = await reference_set(connection, image_ids)
        two_banks = inspection_pb2.CalibrationSettings.BANKS_TWO
        at.two_calibration_s.append(await calibration_s(connection, with_two, size, two_banks))
        asked[TWO] = Inspecting(channels[EDGE], metadata, with_two)
        single = self._options.single
        rounds = Rounds(self._line, self._backbone, asked=asked, at=at, single=single)
        await rounds.run(self._options.rounds, peer)
        self._say(f"{size} px: one image in {median(at.inspect_ms[way(EDGE)]):.1f} ms")
        return at
