import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()


def test_every_test_that_the_page_names_is_there() -> None:
    """Also those of a row that are named by `::` alone: they are of the file before."""
    named = re.findall(r"`(?=tests/|::)(tests/[\w/]+\.py)?(?:::(test_\w+))?`", PAGE)
    assert len(named) > 20
    file = ""
    for path, name in named:
        file = path or file
        text = (ROOT / file).read_text()
        assert not name or f"def {name}(" in text, f"{file}::{name}"
