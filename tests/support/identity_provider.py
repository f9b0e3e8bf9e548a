"""A real OpenID provider: panva's `oidc-provider`, which npm brings, with configuration only."""

import fcntl
import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest

from tests.support.eventually import wait_until
from tests.support.mesh import Mesh
from tests.support.parts import free_port

FOLDER = Path(__file__).parents[1] / "identity_provider"
CLIENT_ID = "argus"
CLIENT_SECRET = "a-client-secret-for-tests"
START_TIMEOUT_S = 60
_FORM = re.compile(r'<form[^>]*action="([^"]+)".*?name="prompt" value="(\w+)"', re.DOTALL)


class IdentityProvider:
    """The provider's process. People sign in there with their names and any password.

    Args:
        folder: A folder of its own.
        node: The program that runs it.
    """

    def __init__(self, folder: Path, node: str) -> None:
        self._folder = folder
        self._node = node
        self._process: subprocess.Popen[str] | None = None
        self._people: dict[str, Mapping[str, Any]] = {}
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"

    def know(self, login: str, **claims: Any) -> None:
        """From now on somebody is known, with these claims."""
        self._people[login] = claims
        new = self._folder / "people.new"
        new.write_text(json.dumps(self._people))
        new.rename(self._folder / "people.json")

    def start(self, **settings: Any) -> Self:
        """Starts it, with keys of its own making if `jwks` is not among the settings."""
        file = self._folder / "settings.json"
        client = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            # Any port of this machine, as for programs.
            "application_type": "native",
            "redirect_uris": ["http://127.0.0.1/sign-in/callback", "http://127.0.0.1/callback"],
        }
        file.write_text(
            json.dumps(
                {
                    "issuer": self.issuer,
                    "port": self.port,
                    "people": str(self._folder / "people.json"),
                    "clients": [client],
                }
                | settings
            )
        )
        if not self._people:
            self.know("nobody")
        log = (self._folder / "log").open("a")
        self._process = subprocess.Popen(
            [self._node, str(FOLDER / "start.mjs"), str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        log.close()
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip() == "ready":
                return self
        raise AssertionError((self._folder / "log").read_text())

    def stop(self) -> None:
        """Stops it; nobody answers at its address then."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                pipe.close()
            self._process = None

    def configuration(self, **entries: Any) -> dict[str, Any]:
        """This provider as the operator of an installation names it."""
        return {
            "id": "company",
            "display_name": "Example Company",
            "issuer": self.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        } | entries


def write_configuration(file: Path, *providers: Mapping[str, Any], **entries: Any) -> Path:
    """Writes what the operator of an installation says of its identity providers."""
    lines = [f"{name} = {_toml(value)}" for name, value in entries.items()]
    for provider in providers:
        lines += ["[[provider]]", *(f"{name} = {_toml(one)}" for name, one in provider.items())]
    file.touch(mode=0o600)
    file.write_text("\n".join(lines))
    return file


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        entries = (f"{json.dumps(name)} = {_toml(one)}" for name, one in value.items())
        return "{" + ", ".join(entries) + "}"
    return json.dumps(value)


@contextmanager
def joined(mesh: Mesh, *providers: Mapping[str, Any], **entries: Any) -> Iterator[None]:
    """A running mesh that takes identity providers for a while: its auth starts anew for it."""
    file = mesh.layout.oidc_file
    write_configuration(file, *providers, **entries)
    _start_auth_anew(mesh, len(providers))
    try:
        yield
    finally:
        write_configuration(file)
        _start_auth_anew(mesh, 0)


def _start_auth_anew(mesh: Mesh, providers: int) -> None:
    before = mesh.pid("auth")
    os.kill(before, signal.SIGKILL)

    def is_back() -> bool:
        state = mesh.state()
        if not state.ready or state.part("auth").pid in {0, before}:
            return False
        answer = httpx.get(f"{mesh.edge_url}/api/auth/identity-providers", trust_env=False)
        return answer.is_success and len(answer.json().get("providers", [])) == providers

    wait_until(is_back, "auth is back", within_s=90)


async def consent(authorization_url: str, login: str) -> dict[str, str]:
    """Goes where a browser would, as somebody who signs in and consents.

    Returns:
        What the browser comes back to the client with.
    """
    redirect_uri = dict(parse_qsl(urlsplit(authorization_url).query))["redirect_uri"]
    async with httpx.AsyncClient(trust_env=False, timeout=30) as browser:
        answer = await browser.get(authorization_url)
        while True:
            while answer.is_redirect:
                following = urljoin(str(answer.url), answer.headers["location"])
                if following.startswith(redirect_uri):
                    return dict(parse_qsl(urlsplit(following).query))
                answer = await browser.get(following)
            form = _FORM.search(answer.text)
            assert form is not None, answer.text
            filled = {"prompt": form[2], "login": login, "password": "any"}
            answer = await browser.post(html.unescape(form[1]), data=filled)


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """Runs a provider; skips the test if there is no Node to run it with."""
    node = _program("node")
    if node is None:
        pytest.skip("There is no `node`, which runs the identity provider; `make web` gets one.")
    _install()
    folder = Path(tempfile.mkdtemp(prefix="argus-identity-provider-"))
    provider = IdentityProvider(folder, node)
    try:
        yield provider.start()
    finally:
        provider.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _install() -> None:
    """Gets the packages that the lock names, unless they are there, as `make test` does."""
    with (FOLDER / "package.json").open() as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        done = FOLDER / "node_modules" / ".installed"
        lock = (FOLDER / "package-lock.json").read_text()
        if done.exists() and done.read_text() == lock:
            return
        npm = _program("npm")
        if npm is None:
            pytest.skip("There is no `npm`, which gets the identity provider.")
        got = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"],
            cwd=FOLDER,
            env={**os.environ, "PATH": _path()},
            capture_output=True,
            text=True,
            check=False,
        )
        assert got.returncode == 0, got.stdout + got.stderr
        done.write_text(lock)


def _program(name: str) -> str | None:
    return shutil.which(name, path=_path())


def _path() -> str:
    """Where programs are; a wheel may have brought Node into the environment."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
