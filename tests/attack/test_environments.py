"""Each process of the mesh has the variables and the secrets that it needs, and no others."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

import psutil
import pytest

from mesh.credentials import load_credentials
from mesh.parts.metrics_store import VICTORIA_METRICS
from mesh.parts.observe import observe_key
from mesh.parts.postgres import postgres_url
from mesh.parts.redis import redis_url
from mesh.supervision.child import MARK
from mesh.supervision.environment import EVERYWHERE
from mesh.supervision.plan import Plan, build_plan
from mesh.supervision.sockets import processes_of
from tests.support.collector import KeptTraces, traced_by
from tests.support.mesh import CROWDED, Mesh

SERVICES = {"auth", "storage", "embedder", "search", "inspection"}


@pytest.fixture(scope="module")
def plan(mesh: Mesh, collector: KeptTraces) -> Plan:
    state = mesh.state()
    with pytest.MonkeyPatch.context() as patched:
        # As it was started.
        for name, value in (CROWDED | traced_by(collector)).items():
            patched.setenv(name, value)
        return build_plan(state.options, state.ports, load_credentials(mesh.layout))


@pytest.fixture(scope="module")
def secrets(mesh: Mesh) -> dict[str, tuple[str, set[str]]]:
    """Each secret, and the parts that hold it in their environment."""
    known = load_credentials(mesh.layout)
    return {
        "s3_access_key": (known.s3_access_key, {"storage"}),
        "s3_secret_key": (known.s3_secret_key, {"storage"}),
        "service_secret": (known.service_secret, SERVICES),
        "observe_key": (observe_key(mesh.layout), {"observe"} | stores_with_key(mesh)),
        "objects_signing_key": (known.objects_signing_key, {"objects"}),
        # No passwords, but the way in.
        "postgres": (postgres_url(mesh.layout), {"auth", "storage", "search", "inspection"}),
        "redis": (redis_url(mesh.layout), SERVICES),
    }


def stores_with_key(mesh: Mesh) -> set[str]:
    """VictoriaMetrics, where it stands for Prometheus, asks for the key as well."""
    return {part.name for part in mesh.state().parts} & {VICTORIA_METRICS}


def environments(mesh: Mesh, part: str) -> Iterator[tuple[psutil.Process, dict[str, str]]]:
    """The environment of each process of a part, the part itself first."""
    for process in processes_of(mesh.pid(part)):
        try:
            yield process, process.environ()
        except psutil.NoSuchProcess:
            continue


def test_every_secret_is_known_to_this_test(
    mesh: Mesh, secrets: dict[str, tuple[str, set[str]]]
) -> None:
    assert set(type(load_credentials(mesh.layout)).model_fields) <= set(secrets)


def test_a_part_has_the_variables_that_it_declares(mesh: Mesh, plan: Plan) -> None:
    for part in plan.parts:
        allowed = (*part.env, *part.inherits, *EVERYWHERE, MARK)
        _, found = next(environments(mesh, part.name))
        unknown = {name for name in found if not any(fnmatchcase(name, known) for known in allowed)}
        assert unknown == set(), part.name
        assert {name: found.get(name) for name in part.env} == dict(part.env), part.name


def test_a_secret_is_in_the_environments_that_need_it(
    mesh: Mesh, plan: Plan, secrets: dict[str, tuple[str, set[str]]]
) -> None:
    for what, (value, holders) in secrets.items():
        found = {
            part.name
            for part in plan.parts
            for _, variables in environments(mesh, part.name)
            if any(value in variable for variable in variables.values())
        }
        assert found == holders, what


def test_what_computes_for_a_service_knows_no_secret_of_it(
    mesh: Mesh, plan: Plan, secrets: dict[str, tuple[str, set[str]]]
) -> None:
    helpers = 0
    for part in plan.parts:
        for process, variables in list(environments(mesh, part.name))[1:]:
            # PostgreSQL's own have its environment, in which there is nothing.
            helpers += part.name in SERVICES
            for what, (value, _) in secrets.items():
                held = [name for name, text in variables.items() if value in text]
                assert held == [], (part.name, process, what)
            assert [name for name in variables if name.startswith("ARGUS_")] in ([MARK], [])
    # The embedder's worker at least.
    assert helpers >= 1


def test_no_command_line_names_a_secret(
    mesh: Mesh, secrets: dict[str, tuple[str, set[str]]]
) -> None:
    keys = {what: value for what, (value, _) in secrets.items() if "://" not in value}
    assert len(keys) == 5
    for process in processes_of(mesh.state().pid):
        line = " ".join(process.cmdline())
        assert [what for what, value in keys.items() if value in line] == [], process
