import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from mesh.observe.model import Row, SpanRow
from mesh.observe.recorder import Recorder
from mesh.observe.retention import Limits

NOW_NS = time.time_ns()
MS = 10**6
Keep = Callable[[Sequence[Row]], Path]


def a_span(number: int, **more: object) -> SpanRow:
    """A span of a trace of its own that began `number` seconds ago, unless it says otherwise."""
    given = {
        "trace_id": f"{number:032x}", "span_id": f"{number:016x}", "parent_id": "",
        "service": "argus-storage", "instance": "one", "name": f"call {number}", "kind": "server",
        "start_ns": NOW_NS - number * 10**9, "end_ns": NOW_NS - number * 10**9 + 5 * MS,
        "failed": False, "message": "", "attributes": "{}", "events": "[]", "request_id": "",
    }  # fmt: skip
    return SpanRow(**given | more)  # type: ignore[arg-type] # each as it is declared


@contextmanager
def recorder(
    path: Path, *, max_bytes: int = 2**26, max_age_s: float = 86_400
) -> Iterator[Recorder]:
    with Recorder(path, Limits(max_bytes, max_age_s)) as running:
        yield running


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """Writes rows; the file."""

    def write(rows: Sequence[Row]) -> Path:
        with recorder(tmp_path / "observed.sqlite") as running:
            assert running.take(rows)
        return tmp_path / "observed.sqlite"

    return write
