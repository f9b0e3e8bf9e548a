"""What a restore writes into the laptop's own stores, read back object by object."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from mesh.backup.index import read_index
from mesh.backup.progress import Steps
from mesh.backup.repository import Repository
from mesh.backup.restore import restore
from mesh.backup.store_tools import StoreTools
from mesh.backup.stores import stores_of
from mesh.layout import Layout
from tests.support.parts import temporary_folder

BACKUP = Path(__file__).parents[2] / "fixtures" / "backup_2026_11_28"


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("ARGUS_POSTGRES_URL", "ARGUS_S3_URL"):
        monkeypatch.delenv(name, raising=False)
    with temporary_folder() as made:
        yield made


class Said(Steps):
    """What a restore says of its steps."""

    def __init__(self) -> None:
        super().__init__(Console(quiet=True))
        self.sentences: list[str] = []

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


async def restored(folder: Path) -> list[str]:
    """Restores the backup, compares all that the store has with it; what was said."""
    repository, layout, said = Repository.opened(BACKUP), Layout(folder / "data"), Said()
    chosen = repository.chosen("")
    await restore(repository, chosen, layout, said)
    entries = read_index(repository.backup(chosen))
    assert len(entries) > 20
    layout.make()
    async with stores_of(layout) as stores:
        assert set(stores.bucket.listed()) == set(entries)
        for key, entry in entries.items():
            with stores.bucket.reading(key) as response:
                assert response is not None
                content = response.read()
                assert response.headers["content-type"] == entry.content_type
            assert hashlib.sha256(content).hexdigest() == entry.sha256
        # It takes and gives new ones.
        stores.bucket.put("images/new", b"new", 3, "image/png")
        with stores.bucket.reading("images/new") as response:
            assert response is not None
            assert response.read() == b"new"
    return said.sentences


async def test_volumes_that_were_written_give_every_object(folder: Path) -> None:
    said = await restored(folder)
    assert not any("by requests" in sentence for sentence in said)


async def test_what_the_store_does_not_take_so_is_put_by_requests(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_tools: StoreTools, _names: Path) -> None:
        """Takes no name, as a store might whose format is another."""

    monkeypatch.setattr(StoreTools, "load_names", nothing)
    said = await restored(folder)
    assert any("by requests" in sentence for sentence in said)
