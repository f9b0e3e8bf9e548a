"""Real parts for every test: one of each per test session."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support import parts
from tests.support.collector import KeptTraces, collecting, traced_by
from tests.support.databases import emptied_redis, new_database
from tests.support.mesh import SIGN_INS_AT_ONCE, Mesh, mesh_folder


def pytest_addoption(parser: pytest.Parser) -> None:
    """Lets the same tests run on meshes whose parts prove themselves to each other."""
    parser.addoption("--mtls", action="store_true", help="meshes are started with --mtls")


def pytest_configure(config: pytest.Config) -> None:
    """Says so to whoever starts a mesh."""
    if config.getoption("--mtls"):
        os.environ["ARGUS_MTLS"] = "1"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Side by side (`--dist loadgroup`), one worker has the mesh, and each file one worker."""
    for item in items:
        has_mesh = "mesh" in getattr(item, "fixturenames", ())
        group = "mesh" if has_mesh else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A running PostgreSQL; tests share its database."""
    with parts.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A running Redis; tests share its first database."""
    with parts.redis_server() as url:
        yield url


@pytest.fixture(scope="session")
def seaweedfs() -> Iterator[parts.SeaweedFS]:
    """A running SeaweedFS; whoever kills it starts it again."""
    with parts.seaweedfs() as server:
        yield server


@pytest.fixture(scope="session")
def s3(seaweedfs: parts.SeaweedFS) -> parts.S3:
    """A running object store with an empty bucket, and who may use it."""
    return seaweedfs.s3


@pytest.fixture(scope="module")
async def fresh_postgres_url(postgres_url: str) -> AsyncIterator[str]:
    """An empty database for this test module alone."""
    async with new_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="module")
async def fresh_redis_url(redis_url: str) -> str:
    """An empty Redis database for this test module alone, one module at a time."""
    return await emptied_redis(redis_url, 1)


@pytest.fixture(scope="session")
def collector() -> Iterator[KeptTraces]:
    """An OpenTelemetry collector, to which the shared mesh sends what clients want traced."""
    with collecting() as kept:
        yield kept


@pytest.fixture(scope="session")
def mesh(collector: KeptTraces) -> Iterator[Mesh]:
    """A ready mesh. Tests share it: register a user of your own, and leave it ready."""
    with mesh_folder(observe=True) as running:
        # With what tests of single sign-on fill it, auth needs to start anew only.
        running.data_dir.mkdir()
        (running.data_dir / "oidc.toml").touch(mode=0o600)
        running.layout.limits_file.write_text(f"[calls]\nauth = {{burst = {SIGN_INS_AT_ONCE}}}\n")
        running.up(**traced_by(collector))
        yield running
