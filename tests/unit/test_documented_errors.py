"""Every reason that a client may meet is in the list of errors, with its status."""

import importlib
import pkgutil
import re
from pathlib import Path

import services
from services.runtime.errors import ArgusError
from services.runtime.status import code_of

BY_THE_EDGE = {"RATE_LIMITED": {"RESOURCE_EXHAUSTED"}}
LIST = Path(__file__).parents[2] / "docs" / "errors.md"


def raised() -> dict[str, set[str]]:
    """Status codes by reason, of every error class in the services."""
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: dict[str, set[str]] = {}
    kinds = [ArgusError]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        code = code_of(kind.__new__(kind)).name
        found.setdefault(kind.reason, set()).add(code)
    return found


def test_the_list_of_errors_is_complete_and_has_nothing_else() -> None:
    listed: dict[str, set[str]] = {}
    for reason, codes in re.findall(r"^\| `(\w+)` \| ([\w, ]+) \|", LIST.read_text(), re.MULTILINE):
        listed[reason] = set(codes.split(", "))
    assert listed == raised() | BY_THE_EDGE
