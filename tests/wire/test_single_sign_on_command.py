"""`argus login --sso`: a browser on the same machine, and a real OpenID provider."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.identity_provider import (
    IdentityProvider,
    consent,
    identity_provider,
    write_configuration,
)
from tests.support.mesh import argus
from tests.support.services import running_auth


@pytest.fixture(scope="module")
async def house(
    fresh_postgres_url: str, fresh_redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[str, IdentityProvider]]:
    """Where auth listens, and whom it lets in."""
    with identity_provider() as provider:
        provider.know("ada", email="ada@example.org", email_verified=True)
        file = write_configuration(
            tmp_path_factory.mktemp("oidc") / "oidc.toml", provider.configuration()
        )
        async with running_auth(fresh_postgres_url, fresh_redis_url, oidc_file=file) as server:
            yield server.address, provider


async def test_signs_in_with_a_browser_of_this_machine(
    house: tuple[str, IdentityProvider], tmp_path: Path
) -> None:
    server, _ = house
    variables = {"ARGUS_SERVER": server, "ARGUS_CONFIG_DIR": str(tmp_path)}
    login = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mesh", "login", "--sso", "company", "--no-browser",
        env={**os.environ, "PYTHONUNBUFFERED": "1", **variables},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert login.stdout is not None
    await login.stdout.readline()
    url = (await login.stdout.readline()).decode().strip()

    came_back = await consent(url, "ada")
    callback = parse_qs(urlsplit(url).query)["redirect_uri"][0]
    async with httpx.AsyncClient(trust_env=False) as browser:
        # Another program of this machine guesses in between, and gets nowhere.
        await browser.get(callback, params={"state": "guessed", "code": "c"})
        assert (await browser.get(callback.replace("/callback", "/"))).status_code == 404
        page = await browser.get(callback, params=came_back)
    assert "close this page" in page.text

    said, _ = await login.communicate()
    assert login.returncode == 0
    assert b"as ada@example.org" in said
    who = await asyncio.to_thread(lambda: argus("user", "whoami", timeout_s=60, **variables))
    assert "ada@example.org" in who.stdout


async def test_says_which_providers_there_are(
    house: tuple[str, IdentityProvider], tmp_path: Path
) -> None:
    server, _ = house
    variables = {"ARGUS_SERVER": server, "ARGUS_CONFIG_DIR": str(tmp_path)}
    done = await asyncio.to_thread(
        lambda: argus("login", "--sso", "nobody", timeout_s=60, **variables)
    )
    assert done.returncode != 0
    assert "company" in done.stderr
