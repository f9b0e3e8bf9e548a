"""The client against servers over real sockets, whose answers are given."""

from pathlib import Path

import grpc
import pytest
from argus.storage.v1 import image_pb2

from argus_client import ApiKey, CallFailed, ClientError, Password, Untrusted, connect
from argus_client.address import parsed
from argus_client.tokens import renewal_time
from argus_client.trust import trusted_roots
from tests.support.fake_store import FakeStore
from tests.unit.argus_client.servers import EXPIRED, RESTARTING, Auth, Images, served


def one(image_id: str = "a") -> image_pb2.GetImageRequest:
    return image_pb2.GetImageRequest(image_id=image_id)


async def test_a_key_is_exchanged_once_for_many_calls() -> None:
    auth, images = Auth(), Images()  # type: ignore[abstract]  # others are not called
    async with served(ApiKey("secret"), auth, images) as client:
        for _ in range(2):
            await client.call(client.images.GetImage, one())
    assert auth.asked == ["key secret"]
    assert images.bearers == ["Bearer of-key"] * 2


async def test_a_session_is_refreshed_not_begun_again() -> None:
    auth, images = Auth(), Images()  # type: ignore[abstract]  # others are not called
    auth.expires_in = 0
    async with served(Password("me@example.org", "pass"), auth, images) as client:
        for _ in range(2):
            await client.call(client.images.GetImage, one())
    assert auth.asked == ["login me@example.org pass", "refresh after-first"]
    assert images.bearers == ["Bearer first", "Bearer second"]


async def test_a_failure_has_its_reason() -> None:
    async with served(ApiKey("secret")) as client:
        with pytest.raises(CallFailed) as failed:
            await client.call(client.images.GetImage, one("gone"), patience_s=60)
    assert failed.value.code is grpc.StatusCode.NOT_FOUND
    assert failed.value.reason == "IMAGE_NOT_FOUND"
    assert failed.value.message == "There is no such image."


@pytest.mark.parametrize("patience_s", [None, 60])
async def test_a_call_that_may_be_made_twice_outlasts_a_mesh_that_is_down(
    patience_s: float | None,
) -> None:
    images = Images()  # type: ignore[abstract]  # others are not called
    images.refusals = [RESTARTING] * 2
    async with served(ApiKey("secret"), images=images) as client:
        found = await client.call(client.images.GetImage, one(), patience_s=patience_s)
    assert found.image_id == "a"
    assert len(images.bearers) == 3


async def test_a_call_that_may_not_be_made_twice_is_made_once() -> None:
    images = Images()  # type: ignore[abstract]  # others are not called
    images.refusals = [RESTARTING] * 2
    async with served(ApiKey("secret"), images=images) as client:
        with pytest.raises(CallFailed, match="UNAVAILABLE"):
            await client.call(client.images.UpdateImage, image_pb2.UpdateImageRequest())
        with pytest.raises(CallFailed, match="UNAVAILABLE"):
            await client.call(client.images.GetImage, one(), patience_s=0)
    assert len(images.bearers) == 2


async def test_a_request_that_is_sent_again_is_known_by_its_id() -> None:
    images, store = Images(), FakeStore()  # type: ignore[abstract]  # others are not called
    images.store, images.refusals = store, [RESTARTING]
    request = image_pb2.CreateUploadRequest(filename="a.png")
    async with served(ApiKey("secret"), images=images) as client:
        await client.call(client.images.CreateUpload, request)
    store.close()
    assert not request.request_id
    first, again = images.reserved
    assert first.request_id
    assert first == again


async def test_what_waiting_does_not_change_is_told_at_once() -> None:
    images = Images()  # type: ignore[abstract]  # others are not called
    images.refusals = [(grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED", "full")]
    async with served(ApiKey("secret"), images=images) as client:
        with pytest.raises(CallFailed, match="QUOTA_EXCEEDED"):
            await client.call(client.images.GetImage, one(), patience_s=60)


async def test_a_token_that_ended_early_is_renewed() -> None:
    auth, images = Auth(), Images()  # type: ignore[abstract]  # others are not called
    images.refusals = [EXPIRED]
    async with served(Password("me@example.org", "pass"), auth, images) as client:
        await client.call(client.images.UpdateImage, image_pb2.UpdateImageRequest())
    assert images.bearers == ["Bearer first", "Bearer second"]


async def test_pages_are_read_to_the_last() -> None:
    request = image_pb2.ListImagesRequest()
    async with served(ApiKey("secret")) as client:
        found = [
            image.image_id
            async for page in client.pages(client.images.ListImages, request)
            for image in page.images
        ]
    assert found == ["0", "1", "2"]
    assert not request.page_token


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("127.0.0.1:8080", ("127.0.0.1:8080", False)),
        ("http://mesh:8080/", ("mesh:8080", False)),
        ("https://mesh", ("mesh:443", True)),
        ("https://[::1]:8443", ("[::1]:8443", True)),
        ("ftp://mesh", None),
        ("mesh:8080/path", None),
        ("", None),
    ],
)
def test_addresses(written: str, meant: tuple[str, bool] | None) -> None:
    assert parsed(written) == meant


async def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ClientError, match="no address"):
        async with connect("ftp://mesh", ApiKey("secret")):
            pass


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Untrusted, match="cannot be read"):
        trusted_roots(str(tmp_path / "missing.pem"))
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    with pytest.raises(Untrusted, match="no certificate"):
        trusted_roots(str(empty))


def test_secrets_are_not_shown() -> None:
    assert "hidden" not in repr(ApiKey("hidden"))
    assert "hidden" not in repr(Password("me@example.org", "hidden"))


@pytest.mark.parametrize(("expires_in", "at"), [(900, 940), (60, 130), (0, 100)])
def test_tokens_are_renewed_in_time(expires_in: float, at: float) -> None:
    assert renewal_time(100, expires_in) == at
