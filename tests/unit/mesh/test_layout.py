import shutil
import tempfile
from pathlib import Path

import pytest

from mesh.layout import Layout


def test_everything_that_lasts_is_inside_the_data_folder(layout: Layout) -> None:
    for path in (layout.logs, layout.secrets, layout.models, layout.sockets, layout.ports_file):
        assert path.is_relative_to(layout.data_dir)
    assert layout.secrets.stat().st_mode & 0o777 == 0o700


def test_a_deep_data_folder_has_its_sockets_elsewhere_and_always_at_the_same_place(
    tmp_path: Path,
) -> None:
    deep = Layout.of(tmp_path / ("a" * 100))
    try:
        deep.make()
        assert len(str(deep.sockets / "postgres" / ".s.PGSQL.5432")) <= 103
        assert Layout.of(deep.data_dir).sockets == deep.sockets
        assert Layout.of(tmp_path / ("b" * 100)).sockets != deep.sockets
    finally:
        shutil.rmtree(deep.sockets, ignore_errors=True)


def test_sockets_find_a_short_folder_where_that_of_temporary_files_is_deep_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("t" * 100)))
    deep = Layout.of(tmp_path / ("a" * 100))
    assert len(str(deep.sockets / "postgres" / ".s.PGSQL.5432")) <= 103
