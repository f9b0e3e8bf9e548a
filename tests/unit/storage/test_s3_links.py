"""Presigned URLs, compared with what the MinIO client signs."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from minio import Minio

from services.storage.s3_links import S3Links

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = "images/9f/cat & dog.png"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000", "https://objects.example.org", "http://objects.example.org:80"]
)
def test_signs_as_the_client_does(url: str) -> None:
    links = S3Links(
        url,
        bucket="images",
        access_key="access/key",
        secret_key="secret+key",
        region="eu-west-1",
        clock=lambda: NOW,
    )
    parts = urlsplit(url)
    client = Minio(
        parts.netloc,
        access_key="access/key",
        secret_key="secret+key",
        secure=parts.scheme == "https",
        region="eu-west-1",
    )

    ours = links.get(KEY, HOUR, content_type="image/png")
    theirs = client.presigned_get_object(
        "images",
        KEY,
        expires=HOUR,
        request_date=NOW,
        response_headers={"response-content-type": "image/png"},
    )

    assert urlsplit(ours)[:3] == urlsplit(theirs)[:3]
    assert dict(parse_qsl(urlsplit(ours).query)) == dict(parse_qsl(urlsplit(theirs).query))


def test_signs_for_the_host_that_a_proxy_makes_of_the_links() -> None:
    made = [
        S3Links(
            url,
            bucket="b",
            access_key="a",
            secret_key="s",
            region="r",
            clock=lambda: NOW,
            signed_host=signed,
        ).get(KEY, HOUR)
        for url, signed in (("https://argus.example.org", "s3:9000"), ("http://s3:9000", ""))
    ]
    outside, inside = (urlsplit(link) for link in made)
    assert outside.netloc == "argus.example.org"
    assert (outside.path, outside.query) == (inside.path, inside.query)


def test_the_key_of_a_day_is_good_for_that_day_only() -> None:
    now = NOW
    links = S3Links(
        "http://s3", bucket="b", access_key="a", secret_key="s", region="r", clock=lambda: now
    )
    first = links.get("k", HOUR)
    now = NOW + timedelta(days=1)
    assert links.get("k", HOUR) != first
    now = NOW
    assert links.get("k", HOUR) == first


def test_a_lasting_link_is_the_same_for_an_hour_and_works_for_another() -> None:
    now = datetime(2026, 2, 3, 23, 0, tzinfo=UTC)
    links = S3Links(
        "http://s3", bucket="b", access_key="a", secret_key="s", region="r", clock=lambda: now
    )
    first = links.lasting("k", content_type="image/webp")
    assert links.lasting_until() == now + 2 * HOUR
    now += HOUR - timedelta(microseconds=1)
    assert links.lasting("k", content_type="image/webp") == first
    assert links.lasting_until() > now + HOUR
    now += timedelta(microseconds=1)
    assert links.lasting("k", content_type="image/webp") != first
