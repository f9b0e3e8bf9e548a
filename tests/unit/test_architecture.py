"""The house is as docs/architecture.md says: what is where, and who may know whom."""

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ROOT / "services"
ARCHITECTURE = ROOT / "docs" / "architecture.md"

DESCRIBED = ("inspection", "search", "clients", "installation")
"""Folders of which every module is named in the architecture or in their README."""

COMMON_TO_ALL = {"__init__.py", "__main__.py"}

DRIVERS = {
    "asyncpg", "grpc", "httpx", "minio", "qdrant_client", "qdrant_edge", "redis", "urllib3",
}  # fmt: skip

AT_THE_EDGE = re.compile(
    r"wiring|(vector_|index_|operator_)?servicer|__main__|telemetry"
    r"|(postgres|redis|grpc|qdrant|stored|s3)(_\w+)?|rows|search_vectors|caller_streams"
    r"|embed_stream"
)
"""Modules that adapt a driver, serve, or put a service together: what is not domain."""


def modules(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if path.name != "__init__.py")


def imports(path: Path) -> Iterator[str]:
    """Full names of what a module imports, also inside functions and for types alone."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def cycle_of(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def folder_graph(service: Path) -> dict[str, set[str]]:
    """Which of a service's folders import which; a module beside them is a folder of its own."""
    package = f"services.{service.name}."
    graph: dict[str, set[str]] = {}
    for path in modules(service):
        here = path.relative_to(service).parts[0].removesuffix(".py")
        there = {
            name.removeprefix(package).split(".")[0]
            for name in imports(path)
            if name.startswith(package)
        }
        graph.setdefault(here, set()).update(there - {here})
    return graph


@pytest.mark.parametrize("folder", DESCRIBED)
def test_every_module_has_its_place_in_the_description(folder: str) -> None:
    path = SERVICES / folder
    described = ARCHITECTURE.read_text()
    readme = path / "README.md"
    if readme.exists():
        described += readme.read_text()
    words = set(re.findall(r"[\w.]+", described))
    for module in modules(path):
        if module.name not in COMMON_TO_ALL:
            assert module.name in words or module.stem in words, module.relative_to(ROOT)
    for package in {module.parent for module in modules(path)} - {path}:
        assert f"{package.name}/" in described, package.relative_to(ROOT)


def test_what_is_described_is_there() -> None:
    """No module's name in the architecture's maps of folders outlives the module."""
    known = {path.name for folder in (SERVICES, ROOT / "mesh", ROOT / "tests", ROOT / "scripts")
             for path in folder.rglob("*.py")}  # fmt: skip
    named = set(re.findall(r"`(?:[\w/]+/)?(\w+\.py)`", ARCHITECTURE.read_text()))
    assert named <= known, named - known


def test_every_variable_that_is_described_is_read() -> None:
    source = "".join(
        path.read_text() for path in (*SERVICES.rglob("*.py"), *ROOT.glob("mesh/**/*.py"))
    )
    for variable in set(re.findall(r"`ARGUS_(\w+)`", ARCHITECTURE.read_text())):
        is_setting = re.search(rf"^    {variable.lower()}: ", source, re.MULTILINE)
        # The mesh tells every part of every service.
        is_address = (SERVICES / variable.removesuffix("_URL").lower()).is_dir()
        assert is_setting or is_address or f"ARGUS_{variable}" in source, variable


@pytest.mark.parametrize("service", ["auth", "embedder", "inspection", "search", "storage"])
def test_the_folders_of_a_service_know_each_other_one_way(service: str) -> None:
    assert cycle_of(folder_graph(SERVICES / service)) == []


def test_services_do_not_know_each_other() -> None:
    names = {path.parent.name for path in SERVICES.glob("*/__main__.py")}
    assert {"auth", "embedder", "inspection", "search", "storage"} <= names
    for name in names:
        for path in modules(SERVICES / name):
            met = {known.split(".")[1] for known in imports(path) if known.startswith("services.")}
            assert not met & (names - {name}), path.relative_to(ROOT)


def test_what_services_share_knows_none_of_them() -> None:
    names = {path.parent.name for path in SERVICES.glob("*/__main__.py")}
    shared = {path.name for path in SERVICES.iterdir() if path.is_dir()} - names - {"__pycache__"}
    assert {"clients", "imaging", "installation", "runtime"} <= shared
    for name in shared:
        for path in modules(SERVICES / name):
            met = {known.split(".")[1] for known in imports(path) if known.startswith("services.")}
            assert not met & names, path.relative_to(ROOT)


def test_the_client_stands_alone() -> None:
    """`argus_client` needs the stubs and what its wheel depends on, nothing of the mesh."""
    # OpenTelemetry is asked where a program has it, and never needed.
    allowed = {
        "argus",
        "argus_client",
        "certifi",
        "google",
        "google_crc32c",
        "grpc",
        "opentelemetry",
    }
    allowed |= sys.stdlib_module_names
    found = modules(ROOT / "argus_client")
    assert found
    for path in (*found, ROOT / "argus_client" / "__init__.py"):
        met = {name.split(".")[0] for name in imports(path)}
        assert met <= allowed, f"{path.relative_to(ROOT)} imports {met - allowed}"


@pytest.mark.parametrize("service", ["inspection", "search"])
def test_the_domain_knows_no_driver(service: str) -> None:
    domain = [path for path in modules(SERVICES / service) if not AT_THE_EDGE.fullmatch(path.stem)]
    assert len(domain) > 10
    for path in domain:
        met = {known.split(".")[0] for known in imports(path)} & DRIVERS
        assert not met, f"{path.relative_to(ROOT)} imports {met}"


@pytest.mark.parametrize(
    ("graph", "has_cycle"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, False),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}}, True),
        ({"a": {"a"}}, True),
    ],
)
def test_a_cycle_is_found(graph: dict[str, set[str]], has_cycle: bool) -> None:
    assert bool(cycle_of(graph)) is has_cycle
