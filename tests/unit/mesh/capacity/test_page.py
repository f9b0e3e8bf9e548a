"""The page says what the calculator reckons with."""

from mesh.capacity.coefficients import MEASURED_FILE, coefficients
from scripts.capacity_page import PAGE, capacity_page

BENCHMARK = PAGE.parent / "benchmarks" / "capacity.md"


def test_the_page_is_made_of_the_coefficients() -> None:
    assert PAGE.read_text(encoding="utf-8") == capacity_page()


def test_what_was_measured_is_on_the_page_of_the_benchmark() -> None:
    page = BENCHMARK.read_text(encoding="utf-8")
    assert MEASURED_FILE.is_file()
    for one in coefficients().values():
        if "benchmarks/capacity.md" in one.source:
            assert f"| `{one.name}` | {one.value:,.12g} |" in page, one.name
