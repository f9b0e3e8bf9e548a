"""Imports in which every process is killed: the short form of `make bench ARGS=crash`."""

import random
from pathlib import Path

import pytest

from bench.crash.pictures import pictures
from bench.crash.rounds import Killer, run_round
from bench.crash.targets import ALWAYS
from mesh.client.account import AccountFile
from mesh.client.connection import connect
from tests.support.mesh import Mesh
from tests.support.person import PASSWORD

IMAGES = 30


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_file_is_one_whole_image_whatever_is_killed(
    mesh: Mesh, tmp_path: Path, seed: int
) -> None:
    files = pictures(tmp_path / "pictures", IMAGES, seed)
    killer = Killer(mesh.layout, ALWAYS, IMAGES, random.Random(seed))  # noqa: S311 - moments
    async with connect(mesh.edge_target, AccountFile(tmp_path / "home")) as connection:
        await connection.sign_in(f"crash{seed}@example.org", PASSWORD, name="")
        done = await run_round(mesh.layout, connection, files, f"seed {seed}", killer)
    assert set(done.killed) == set(ALWAYS)
    assert done.whole, f"{done}\n{mesh.logs()}"
