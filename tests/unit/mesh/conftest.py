import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mesh.cli import app
from mesh.client.account import Account, AccountFile
from mesh.layout import Layout
from tests.support.fake_store import FakeStore
from tests.support.layouts import temporary_layout
from tests.unit.mesh.fake_inspection import FakeMesh, fake_mesh

Argus = Callable[..., Result]


@pytest.fixture
def layout() -> Iterator[Layout]:
    with temporary_layout() as made:
        yield made


@pytest.fixture
def fake() -> Iterator[FakeMesh]:
    with fake_mesh() as served:
        yield served


@pytest.fixture
def store(fake: FakeMesh) -> Iterator[FakeStore]:
    """Where the fake mesh's uploads go; without it, every image is stored already."""
    fake.images.store = made = FakeStore()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def argus(fake: FakeMesh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Argus:
    """The command line, signed in at the fake mesh, in a folder of its own."""
    home = tmp_path / "home"
    account = Account(
        email="me@example.org", access_token="t", refresh_token="r", expires_at=time.time() + 9000
    )
    AccountFile(home).put(fake.target, account)
    monkeypatch.setenv("ARGUS_CONFIG_DIR", str(home))
    monkeypatch.setenv("ARGUS_SERVER", fake.target)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(app, [*arguments], input=typed, catch_exceptions=False)

    return run
