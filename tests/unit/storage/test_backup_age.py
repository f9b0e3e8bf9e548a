"""How old the last backup is, as storage measures it from what `argus backup` leaves."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from mesh.archive.record import ArchiveRecord, keep_record
from mesh.backup.record import last_backup, remember
from mesh.layout import Layout
from services.storage.telemetry import measure_backups
from tests.support.measuring import Measured
from tests.unit.mesh.backup.test_manifest import MANIFEST


def test_the_age_of_the_last_backup_is_measured(tmp_path: Path) -> None:
    layout, measured = Layout(tmp_path), Measured()
    measure_backups(layout.backup_file, layout.archive_file, measured.providers.meters)
    assert measured.values("argus.backup.age") == {}

    taken = datetime.now(UTC) - timedelta(hours=3)
    remember(layout, MANIFEST.model_copy(update={"taken": taken}), tmp_path)
    last = last_backup(layout)
    assert last is not None
    assert last.images == MANIFEST.images
    assert measured.values("argus.backup.age")[()] >= 3 * 3600

    assert measured.values("argus.backup.archive.age") == {}
    record = ArchiveRecord(folder=tmp_path, reached=datetime.now(UTC) - timedelta(minutes=4))
    keep_record(layout, record)
    assert 240 <= measured.values("argus.backup.archive.age")[()] < 3600

    layout.backup_file.write_text("not JSON")
    assert measured.values("argus.backup.age") == {}
    assert last_backup(layout) is None
