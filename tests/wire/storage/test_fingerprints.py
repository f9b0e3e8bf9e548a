"""What tells images apart without looking at them, for services that find duplicates."""

import grpc
from argus.storage.v1 import ingest_pb2

from tests.support.pictures import drawing, encoded
from tests.support.storage_client import Metadata, Storage, StorageUser, refused, sign_up


async def test_services_are_told_what_tells_a_users_images_apart(
    storage: Storage, user: StorageUser, service_token: Metadata
) -> None:
    contents = [encoded(drawing(seed)) for seed in range(3)]
    images = [await user.store(content) for content in contents]
    await user.reserve(encoded(drawing(3)))
    other = await sign_up(storage)
    await other.store(contents[0])

    async def page(token: str = "", size: int = 0) -> ingest_pb2.ListFingerprintsResponse:
        return await storage.ingest.ListFingerprints(
            ingest_pb2.ListFingerprintsRequest(
                user_id=user.user_id, page_size=size, page_token=token
            ),
            metadata=service_token,
        )

    whole, first = await page(), await page(size=2)
    second = await page(first.next_page_token, size=2)
    assert (len(first.pixel_counts), second.next_page_token, whole.next_page_token) == (2, "", "")
    assert first.image_ids + second.image_ids == whole.image_ids
    ids = "".join(image.image_id for image in images)
    assert whole.image_ids.hex() == ids.replace("-", "")
    assert whole.sha256s.hex() == "".join(image.sha256 for image in images)
    assert whole.phashes.hex() == "".join(image.phash for image in images)
    assert list(whole.pixel_counts) == [image.width * image.height for image in images]
    assert list(whole.sizes_bytes) == [len(content) for content in contents]
    # What is in the trash is left out.
    await user.delete(images[1].image_id)
    assert len((await page()).pixel_counts) == 2
    # A token is of one user's list, and users may not ask.
    foreign = ingest_pb2.ListFingerprintsRequest(
        user_id=other.user_id, page_token=first.next_page_token
    )
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    await refused(
        storage.ingest.ListFingerprints(foreign, metadata=service_token),
        invalid,
        "INVALID_PAGE_TOKEN",
    )
    own = ingest_pb2.ListFingerprintsRequest(user_id=user.user_id)
    await refused(
        storage.ingest.ListFingerprints(own, metadata=user.token),
        grpc.StatusCode.PERMISSION_DENIED,
        "SERVICE_ONLY",
    )
