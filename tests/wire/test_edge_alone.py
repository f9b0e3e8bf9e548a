"""An edge by itself, as a cluster runs it: it is ready, leaves, and what is under way ends well."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from mesh.edge_settings import EdgeSettings, load_edge_settings
from mesh.errors import MeshError
from mesh.parts.edge import binary
from mesh.parts.edge_alone import configuration, drain
from tests.support.eventually import eventually
from tests.support.parts import free_port, temporary_folder


class SlowStore:
    """An object store that answers when it is told to."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked.set()
        await self.may_answer.wait()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def running_edge(folder: Path, store_port: int) -> AsyncIterator[EdgeSettings]:
    nobody = f"127.0.0.1:{free_port()}"
    settings = EdgeSettings(
        listen=f"127.0.0.1:{free_port()}",
        edge_internal_listen=f"127.0.0.1:{free_port()}",
        edge_admin_listen=f"127.0.0.1:{free_port()}",
        edge_jwks_port=free_port(),
        edge_admin_socket=folder / "admin.sock",
        s3_url=f"http://127.0.0.1:{store_port}",
        s3_public_url="https://images.example.org",
        service_secret="a-secret-of-the-services",
        auth_url=nobody,
        storage_url=nobody,
        embedder_url=nobody,
        search_url=nobody,
        inspection_url=nobody,
    )
    config = folder / "envoy.json"
    config.write_text(configuration(settings))
    process = await asyncio.create_subprocess_exec(
        str(binary()), "--config-path", str(config), "--concurrency", "1",
        "--disable-hot-restart", "--drain-time-s", "600", "--log-level", "error",
    )  # fmt: skip
    try:
        yield settings
    finally:
        process.terminate()
        await process.wait()


async def test_what_is_under_way_ends_before_it_goes() -> None:
    store = SlowStore()
    server = await asyncio.start_server(store.answer, "127.0.0.1")
    store_port = server.sockets[0].getsockname()[1]
    with temporary_folder() as folder:
        async with (
            server,
            running_edge(folder, store_port) as settings,
            httpx.AsyncClient(trust_env=False) as http,
        ):

            async def readiness() -> int:
                try:
                    # Whoever probes a pod names its address.
                    url = f"http://{settings.edge_admin_listen}/ready"
                    port = settings.edge_admin_listen.rpartition(":")[2]
                    answer = await http.get(url, headers={"host": f"10.1.2.3:{port}"})
                except httpx.HTTPError:
                    return 0
                return answer.status_code

            async def ready() -> bool:
                return await readiness() == 200

            async def not_ready() -> bool:
                return await readiness() == 503

            await eventually(ready, "the edge is ready, though no service is")
            image = f"http://{settings.listen}/images/x?X-Amz-Signature=1"
            under_way = asyncio.create_task(http.get(image))
            await store.asked.wait()
            leaving = asyncio.create_task(drain(settings.edge_admin_socket, notice_s=0, wait_s=120))
            await eventually(not_ready, "the edge says that it leaves")
            assert not leaving.done()
            assert not under_way.done()
            store.may_answer.set()
            answer = await under_way
            assert (answer.status_code, answer.text) == (200, "done")
            assert await leaving == 0


async def test_what_does_not_end_in_time_is_told() -> None:
    store = SlowStore()
    server = await asyncio.start_server(store.answer, "127.0.0.1")
    store_port = server.sockets[0].getsockname()[1]
    with temporary_folder() as folder:
        async with (
            server,
            running_edge(folder, store_port) as settings,
            httpx.AsyncClient(trust_env=False) as http,
        ):

            async def asked() -> bool:
                try:
                    await http.get(f"http://{settings.listen}/")
                except httpx.HTTPError:
                    return False
                return True

            await eventually(asked, "the edge answers")
            image = f"http://{settings.listen}/images/x?X-Amz-Signature=1"
            under_way = asyncio.create_task(http.get(image))
            await store.asked.wait()
            assert await drain(settings.edge_admin_socket, notice_s=0, wait_s=0) == 1
            store.may_answer.set()
            assert (await under_way).status_code == 200


async def test_an_edge_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MeshError, match="No edge answers"):
        await drain(tmp_path / "admin.sock", notice_s=0, wait_s=0)


def test_a_wrong_setting_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGUS_SERVICE_SECRET", "too-short")
    monkeypatch.setenv("ARGUS_LISTEN", "nowhere")
    with pytest.raises(MeshError) as refused:
        load_edge_settings()
    assert "ARGUS_SERVICE_SECRET" in str(refused.value)
    assert "ARGUS_LISTEN" in str(refused.value)
    assert "too-short" not in str(refused.value)


def test_tls_without_a_certificate_is_refused() -> None:
    settings = EdgeSettings(service_secret="a-secret-of-the-services", edge_tls_listen="0.0.0.0:1")
    with pytest.raises(MeshError, match="nothing to show over TLS"):
        configuration(settings)
