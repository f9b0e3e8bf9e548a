"""Lists in order and by time, months, labels, and what other services ask for."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import grpc
from argus.storage.v1 import ingest_pb2

from tests.support.eventually import eventually
from tests.support.services import bad_request
from tests.support.storage_client import Metadata, Storage, StorageUser, refused, sign_up

BAD = grpc.StatusCode.INVALID_ARGUMENT


async def created_at(storage: Storage, image_id: str, at: datetime) -> None:
    await storage.postgres.execute(
        "UPDATE storage.image_uploads SET created_at = $2 WHERE image_id = $1", image_id, at
    )


async def test_lists_go_either_way_and_count(user: StorageUser, cat: bytes) -> None:
    made = [(await user.reserve(cat)).image.image_id for _ in range(5)]
    seen: list[str] = []
    token = ""
    while True:
        page = await user.page(
            page_size=2, page_token=token, order_by="create_time asc", with_total=True
        )
        assert page.total_size == 5
        seen += [image.image_id for image in page.images]
        token = page.next_page_token
        if not token:
            break
        assert (await user.page(page_size=2)).total_size == 0
        await refused(user.page(page_token=token), BAD, "INVALID_PAGE_TOKEN")
    assert seen == made
    await refused(user.page(order_by="filename"), BAD, "INVALID_REQUEST")


async def test_a_filter_compares_times(storage: Storage, user: StorageUser, cat: bytes) -> None:
    ids = [(await user.reserve(cat)).image.image_id for _ in range(3)]
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for n, image_id in enumerate(ids):
        await created_at(storage, image_id, noon + timedelta(microseconds=n))

    async def chosen(text: str) -> set[int]:
        return {ids.index(image.image_id) for image in (await user.page(filter=text)).images}

    assert await chosen('create_time >= "2026-03-01T12:00:00Z"') == {0, 1, 2}
    assert await chosen('create_time > "2026-03-01T12:00:00Z"') == {1, 2}
    assert await chosen('create_time <= "2026-03-01T14:00:00.000001+02:00"') == {0, 1}
    assert await chosen('create_time = "2026-03-01T12:00:00.000002Z"') == {2}
    assert await chosen('NOT create_time < "2026-03-01T12:00:00.000002Z"') == {2}
    await refused(user.page(filter="create_time > yesterday"), BAD, "INVALID_FILTER")


async def test_months_begin_where_the_viewer_is(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    late = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    for at in (late, late - timedelta(days=40), late - timedelta(days=41)):
        await created_at(storage, (await user.reserve(cat, labels={"m": "1"})).image.image_id, at)
    await user.reserve(cat)

    async def months(**fields: str) -> list[tuple[int, int, int]]:
        answer = await user.call("ListImageMonths", filter="labels:m", **fields)
        assert answer.total_size == 3
        for one in answer.months:
            found = await user.page(
                filter=f'labels:m AND create_time >= "{one.start_time.ToJsonString()}" '
                f'AND create_time < "{one.end_time.ToJsonString()}"',
                with_total=True,
            )
            assert found.total_size == one.image_count
        return [(one.year, one.month, one.image_count) for one in answer.months]

    assert await months() == [(2026, 2, 1), (2026, 1, 2)]
    assert await months(time_zone="Europe/Berlin") == [(2026, 3, 1), (2026, 1, 2)]
    error = await refused(
        user.call("ListImageMonths", time_zone="Mars/Olympus"), BAD, "INVALID_REQUEST"
    )
    assert bad_request(error).field_violations[0].field == "time_zone"


async def test_labels_are_counted_while_they_change(
    storage: Storage, user: StorageUser, cat: bytes
) -> None:
    stranger = await sign_up(storage)
    await stranger.reserve(cat, labels={"line": "theirs"})
    ids = [
        (await user.reserve(cat, labels=labels)).image.image_id
        for labels in ({"line": "3"}, {"line": "3", "light": "day"}, {"line": "44"}, {})
    ]

    async def labels(**fields: object) -> dict[str, tuple[int, int, list[tuple[str, int]]]]:
        answer = await user.call("ListLabels", **fields)
        return {
            one.key: (
                one.image_count,
                one.value_count,
                [(value.value, value.image_count) for value in one.values],
            )
            for one in answer.keys
        }

    line = (3, 2, [("3", 2), ("44", 1)])
    assert await labels() == {"light": (1, 1, [("day", 1)]), "line": line}
    assert await labels(key="line") == {"line": line}
    assert await labels(key="line", prefix="4") == {"line": (1, 1, [("44", 1)])}
    assert await labels(prefix="lig") == {"light": (1, 1, [("day", 1)])}
    assert (await labels(max_values=1))["line"] == (3, 2, [("3", 2)])
    assert await labels(key="none") == {}
    await user.call("BatchUpdateLabels", image_ids=ids, set={"line": "5"}, remove=["light"])
    assert await labels() == {"line": (4, 1, [("5", 4)])}

    async def summed_up() -> bool:
        return not await storage.postgres.fetchval(
            "SELECT count(*) FROM storage.label_count_changes"
        )

    await eventually(summed_up, "changes are summed up")
    assert await labels() == {"line": (4, 1, [("5", 4)])}
    await user.delete(ids[0])
    assert await labels() == {"line": (3, 1, [("5", 3)])}
    assert not await storage.postgres.fetchval(
        "SELECT count(*) FROM storage.label_counts WHERE image_count <= 0"
    )


async def test_services_are_told_limits_and_what_to_show(
    storage: Storage, user: StorageUser, cat: bytes, service_token: Metadata
) -> None:
    image = await user.store(cat, filename="cat.png")
    pending = (await user.reserve(cat)).image
    limits = await storage.ingest.GetLimits(ingest_pb2.GetLimitsRequest(), metadata=service_token)
    assert limits.max_image_bytes == storage.settings.storage_max_image_bytes
    assert limits.undelete_grace.ToTimedelta() == timedelta(hours=24)
    assert "image/png" in limits.content_types

    async def own() -> ingest_pb2.ResolvePreviewsResponse:
        return await storage.ingest.ResolvePreviews(
            ingest_pb2.ResolvePreviewsRequest(
                image_ids=[pending.image_id, image.image_id], viewer_id=user.user_id
            ),
            metadata=service_token,
        )

    async def rendered() -> bool:
        return all(one.thumbhash for one in (await own()).previews)

    await eventually(rendered, "the image has its renditions")
    (preview,) = (await own()).previews
    assert (preview.image_id, preview.filename) == (image.image_id, "cat.png")
    assert (preview.width, preview.height) == (image.width, image.height)
    for url in (preview.thumbnail_url, preview.preview_url, preview.display_url):
        assert url.startswith(storage.settings.s3_public_url)
        assert (await storage.http.get(url)).status_code == 200
    # Others, and nobody in particular, are shown the thumbnail alone.
    for viewer_id in (str(uuid4()), ""):
        shown = await storage.ingest.ResolvePreviews(
            ingest_pb2.ResolvePreviewsRequest(image_ids=[image.image_id], viewer_id=viewer_id),
            metadata=service_token,
        )
        (foreign,) = shown.previews
        assert (foreign.image_id, foreign.filename) == (image.image_id, "")
        assert (foreign.thumbnail_url, foreign.thumbhash) == (
            preview.thumbnail_url,
            preview.thumbhash,
        )
        assert {foreign.preview_url, foreign.display_url} == {foreign.thumbnail_url}
        assert max(foreign.width, foreign.height) <= 256
    for method, request in (
        ("GetLimits", ingest_pb2.GetLimitsRequest()),
        ("ResolvePreviews", ingest_pb2.ResolvePreviewsRequest(image_ids=[image.image_id])),
    ):
        await refused(
            getattr(storage.ingest, method)(request, metadata=user.token),
            grpc.StatusCode.PERMISSION_DENIED,
            "SERVICE_ONLY",
        )
