"""The command line over TLS."""

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from argus.auth.v1 import auth_pb2

from mesh.client.account import AccountFile
from mesh.client.connection import connect
from mesh.client.trust import distrust, trusted_roots
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.parts.edge_tls import authority_file, server_files
from tests.unit.mesh.conftest import Argus


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The authority of a mesh that is not the one of this folder."""
    monkeypatch.setenv("ARGUS_DATA_DIR", str(tmp_path / "another"))
    layout = Layout.of(tmp_path / "data")
    layout.make()
    server_files(layout, "127.0.0.1")
    return authority_file(layout)


@pytest.fixture
async def port(authority: Path) -> AsyncIterator[int]:
    """A server that nobody has taught anything."""
    files = server_files(Layout.of(authority.parents[1]), "127.0.0.1")
    server = grpc.aio.server()
    shown = grpc.ssl_server_credentials([(files.key.read_bytes(), files.certificate.read_bytes())])
    number = server.add_secure_port("0.0.0.0:0", shown)
    await server.start()
    yield number
    await server.stop(None)


async def ask(server: str, accounts: AccountFile, ca: str = "") -> None:
    async with connect(server, accounts, ca=ca) as connection:
        try:
            await connection.sign_in("ada@example.org", "a password", name="")
        except grpc.aio.AioRpcError as error:
            if wrong := distrust(error):
                raise wrong from error
            raise


async def test_whoever_is_not_trusted_is_not_told_the_password(
    tmp_path: Path, port: int, authority: Path
) -> None:
    accounts = AccountFile(tmp_path)
    with pytest.raises(MeshError, match="signed by nobody who is trusted") as refused:
        await ask(f"https://localhost:{port}", accounts)
    assert "--ca FILE" in refused.value.advice
    # Reached: there is only nothing that it can do.
    with pytest.raises(grpc.aio.AioRpcError) as answered:
        await ask(f"https://localhost:{port}", accounts, str(authority))
    assert answered.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.skipif(sys.platform != "linux", reason="needs a further address of the loopback")
async def test_a_certificate_for_another_name_is_not_taken(
    tmp_path: Path, port: int, authority: Path
) -> None:
    with pytest.raises(MeshError, match="for another name"):
        await ask(f"https://127.0.0.2:{port}", AccountFile(tmp_path), str(authority))


async def test_an_authority_of_this_folder_is_found(
    tmp_path: Path, port: int, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGUS_DATA_DIR", str(authority.parents[1]))
    with pytest.raises(grpc.aio.AioRpcError) as answered:
        await ask(f"https://localhost:{port}", AccountFile(tmp_path))
    assert answered.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_links_are_fetched_with_the_same_trust(authority: Path) -> None:
    own = ssl.create_default_context(cadata=trusted_roots(str(authority)).decode())
    assert len(own.get_ca_certs()) == 1
    assert len(trusted_roots()) > len(trusted_roots(str(authority)))


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_what_is_no_authority_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(MeshError, match=r"cannot be read|has no certificate"):
        trusted_roots(str(file))


async def test_what_speaks_no_tls_is_named(tmp_path: Path) -> None:
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    with pytest.raises(MeshError, match="does not speak TLS"):
        await ask(f"https://localhost:{port}", AccountFile(tmp_path))
    await server.stop(None)


@pytest.mark.parametrize("server", ["", "ftp://x:1", "https://", "https://x/y", "x/y"])
async def test_what_is_no_address_is_named(tmp_path: Path, server: str) -> None:
    with pytest.raises(MeshError, match="not the address of a mesh"):
        await ask(server, AccountFile(tmp_path))


def test_every_command_that_calls_a_mesh_takes_an_authority(argus: Argus, tmp_path: Path) -> None:
    for command in (("search", "x"), ("images", "list"), ("user", "whoami")):
        missing = str(tmp_path / "ca.pem")
        with pytest.raises(MeshError, match=r"ca\.pem cannot be read"):
            argus(*command, "--ca", missing, "--server", "https://localhost:1")
    assert "--ca" not in argus("status", "--help").output


def test_the_authority_of_a_sign_in_is_remembered(tmp_path: Path, authority: Path) -> None:
    accounts = AccountFile(tmp_path)

    async def run() -> None:
        async with connect("https://argus.local", accounts, ca=str(authority)) as connection:
            connection._keep(auth_pb2.Session(access_token="t", refresh_token="r", expires_in=900))
        async with connect("https://argus.local:443/", accounts) as connection:
            assert connection._ca == str(authority)

    asyncio.run(run())
