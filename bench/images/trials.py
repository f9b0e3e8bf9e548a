"""What images are put to: each trial says what it saw, and whether that is right."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import yaml

from bench.goal import Goal
from bench.images.bundle import Bundle
from bench.images.container import Container, ended, running
from scripts.chart import SETTINGS
from scripts.image_locks import ROOT
from tests.support.parts import postgres, redis_server

USER = "10001"
SECRET = "a-secret-of-this-trial-only"
_WRITE = "import pathlib; pathlib.Path('/opt/argus/written').touch()"
_ROOT = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8080/').status)"


def compose_variables(part: str) -> dict[str, str]:
    """What `compose.yaml` tells a part."""
    said = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"][part]["environment"]
    return {name: str(value) for name, value in said.items()}


def of_compose(part: str, what: str) -> list[str]:
    """What `compose.yaml` has a part's container run: `command`, or that of its `healthcheck`."""
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"][part]
    said = service["command"] if what == "command" else service["healthcheck"]["test"][1:]
    return [str(word).replace("$$", "$") for word in said]


def service(part: str, bundle: Bundle) -> Iterator[Goal]:
    """A service: without settings, and with a real PostgreSQL and Redis behind unix sockets.

    Auth needs nothing else, so its health is asked as a whole. Of the others, which look for peers
    that there are not, only the process is asked.
    """
    required = {
        f"ARGUS_{name.upper()}"
        for name, field in SETTINGS[part].model_fields.items()
        if field.is_required()
    }
    bundle.prepare()
    status, said = ended(bundle)
    named = {name for name in required if f"{name}: " in said}
    refused = status != 0 and named == required
    yield _goal(f"{part} without settings ends, and names them", _list(named), refused)
    with postgres() as database, redis_server() as cache:
        sockets = Path(parse_qs(urlsplit(database).query)["host"][0])
        # The container's user is neither PostgreSQL's nor root.
        sockets.chmod(0o755)
        redis_socket = Path(urlsplit(cache).path)
        redis_socket.chmod(0o777)
        known = {
            "ARGUS_POSTGRES_URL": "postgresql://postgres@/postgres?host=/stores/postgres",
            "ARGUS_REDIS_URL": f"unix:///stores/redis/{redis_socket.name}?db=0",
            "ARGUS_SERVICE_SECRET": SECRET,
            "ARGUS_S3_ACCESS_KEY": "argus",
            "ARGUS_S3_SECRET_KEY": SECRET,
        }
        variables = {name: known[name] for name in required} | {
            name: value
            for name, value in compose_variables(part).items()
            if name in {"ARGUS_LISTEN", "ARGUS_MAIL_DIR", "ARGUS_MODEL_DIR", "ARGUS_VECTOR_DIR"}
        }
        binds = {sockets: "/stores/postgres", redis_socket.parent: "/stores/redis"}
        bundle.prepare((), variables, binds, memory=("/models", "/var/lib/argus"))
        with running(bundle) as container:
            ask = [*of_compose(part, "healthcheck"), *(() if part == "auth" else ("live",))]
            seconds = container.wait_until(lambda: container.ask(*ask)[0] == 0)
            what = "health" if part == "auth" else "health of its process"
            yield _goal(
                f"{part} answers {what}", "SERVING", reached=True, detail=f"{seconds:.1f} s"
            )
            yield from confined(part, container)
            code = container.end()
            yield _goal(f"{part} ends at SIGTERM", f"status {code}", code == 0)


def edge(bundle: Bundle) -> Iterator[Goal]:
    """The edge: renders its configuration and runs Envoy with it, with no service behind it."""
    command = of_compose("edge", "command")
    bundle.prepare(command, {"ARGUS_SERVICE_SECRET": SECRET}, memory=("/run/argus",))
    with running(bundle) as container:
        ready = of_compose("edge", "healthcheck")
        seconds = container.wait_until(lambda: container.ask(*ready)[0] == 0)
        yield _goal("the edge is ready", "yes", reached=True, detail=f"{seconds:.1f} s")
        secret = "ARGUS_SERVICE_SECRET" in container.variables()
        yield _goal("Envoy has the services' secret", "yes" if secret else "no", not secret)
        code, said = container.ask("python", "-c", _ROOT)
        yield _goal("the edge answers at its public port", said, (code, said) == (0, "200"))
        yield from confined("edge", container)
        code = container.end()
        yield _goal("the edge ends at SIGTERM", f"status {code}", code == 0)


def confined(name: str, container: Container) -> Iterator[Goal]:
    """What the kernel holds its process to."""
    status = container.status()
    users = {*status["Uid"].split(), *status["Gid"].split()}
    yield _goal(f"{name}'s user and group", _list(users), users == {USER})
    capabilities = capabilities_of(status)
    yield _goal(f"{name}'s capabilities", capabilities or "none", capabilities == "")
    gains = status["NoNewPrivs"]
    yield _goal(f"{name} may gain privileges", "no" if gains == "1" else "yes", gains == "1")
    code, said = container.ask("python", "-c", _WRITE)
    refused = said.splitlines()[-1] if said else "written"
    yield _goal(f"{name} writes to its root", refused, code != 0 and "Read-only" in refused)
    memory = f"{int(status['VmRSS'].split()[0]) / 1e3:.0f} MB"
    yield Goal(f"{name}'s memory, at rest", memory, "", None)


def capabilities_of(status: Mapping[str, str]) -> str:
    """Sets of capabilities that are not empty, as `/proc/PID/status` has them."""
    sets = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
    return ", ".join(f"{name} {status[name]}" for name in sets if int(status[name], 16))


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _goal(what: str, seen: str, reached: bool, detail: str = "") -> Goal:
    return Goal(what, seen.replace("|", "/"), "", reached, detail)


TRIALS: Mapping[str, Callable[[Bundle], Iterator[Goal]]] = {
    "edge": edge,
    **{part: partial(service, part) for part in SETTINGS if part != "edge"},
}
"""Of each image that runs without a GPU."""
