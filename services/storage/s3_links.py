"""Presigned URLs for S3, by AWS Signature Version 4 in the query.

Computed here with the day's signing key kept: an answer carries four links per
image, two thousand at most, on the event loop. A link takes 15 us, a third of
what the general client takes. Lasting ones are the same for an hour, so those that
were made last are kept: whoever searches and pages sees the same images again.
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote, urlsplit

from services.storage.filenames import content_disposition
from services.storage.ports import Clock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LINK_WINDOW = timedelta(hours=1)
"""How long an object's lasting URL stays the same, so that caches hold."""

LINK_TTL = 2 * LINK_WINDOW
"""How long it works from the beginning of its window: another window when it is given out last."""

MOST_KEPT = 10_000
"""Lasting links that are kept, less than a kilobyte each."""

CACHE_CONTROL = f"private, max-age={int(LINK_TTL.total_seconds())}, immutable"

_DEFAULT_PORTS = {"http": 80, "https": 443}


class S3Links:
    """`Links` to one bucket, path style.

    Args:
        url: The store as those see it who will use the links: scheme, host and port.
        bucket: Name of the bucket.
        access_key: Who signs.
        secret_key: What with.
        region: Region that the store says it is in.
        clock: What time it is.
        signed_host: The host that the store will see, if a proxy changes it; empty: the URL's.
    """

    def __init__(
        self,
        url: str,
        *,
        bucket: str,
        access_key: str,
        secret_key: str,
        region: str,
        clock: Clock,
        signed_host: str = "",
    ) -> None:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        port = parts.port
        named = host if port in {None, _DEFAULT_PORTS[parts.scheme]} else f"{host}:{port}"
        self._host = signed_host or named
        self._origin = f"{parts.scheme}://{named}"
        self._bucket = bucket
        self._access_key = access_key
        self._secret_key = secret_key
        self._region = region
        self._clock = clock
        self._day = ""
        self._key = b""
        self._lasting = lru_cache(MOST_KEPT)(self._sign_lasting)

    def put(self, key: str, expires_in: timedelta, *, size_bytes: int | None = None) -> str:
        """A URL that takes an object's bytes by PUT: so many, or with None as many as come.

        The length is a signed header. HTTP clients send it by themselves, a browser's page too,
        and the store refuses any other.
        """
        return self._sign("PUT", key, self._now(), expires_in, "", size_bytes=size_bytes)

    def get(
        self, key: str, expires_in: timedelta, *, content_type: str = "", filename: str = ""
    ) -> str:
        """A URL that gives an object, with the media type and file name named."""
        return self._sign(
            "GET", key, self._now(), expires_in, _answered(content_type, filename, "")
        )

    def lasting(self, key: str, *, content_type: str, filename: str = "") -> str:
        """A URL that gives an object which never changes; the same one for `LINK_WINDOW`."""
        return self._lasting(key, content_type, filename, self._window())

    def lasting_until(self) -> datetime:
        """When the lasting URLs that are made now stop working."""
        return self._window() + LINK_TTL

    def _sign_lasting(self, key: str, content_type: str, filename: str, since: datetime) -> str:
        wanted = _answered(content_type, filename, CACHE_CONTROL)
        return self._sign("GET", key, since, LINK_TTL, wanted)

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)

    def _window(self) -> datetime:
        now = self._now()
        return now - (now - EPOCH) % LINK_WINDOW

    def _sign(
        self,
        method: str,
        key: str,
        now: datetime,
        expires_in: timedelta,
        extra: str,
        *,
        size_bytes: int | None = None,
    ) -> str:
        headers = {} if size_bytes is None else {"content-length": str(size_bytes)}
        headers["host"] = self._host
        signed = ";".join(headers)
        day, stamp = now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{day}/{self._region}/s3/aws4_request"
        path = f"/{self._bucket}/{quote(key)}"
        query = (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            f"&X-Amz-Credential={quote(f'{self._access_key}/{scope}', safe='')}"
            f"&X-Amz-Date={stamp}&X-Amz-Expires={int(expires_in.total_seconds())}"
            f"&X-Amz-SignedHeaders={quote(signed, safe='')}{extra}"
        )
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        request = f"{method}\n{path}\n{query}\n{lines}\n{signed}\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(request.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
        signature = hmac.digest(self._signing_key(day), text.encode(), "sha256").hex()
        return f"{self._origin}{path}?{query}&X-Amz-Signature={signature}"

    def _signing_key(self, day: str) -> bytes:
        if day != self._day:
            key = f"AWS4{self._secret_key}".encode()
            for part in (day, self._region, "s3", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._day, self._key = day, key
        return self._key


def _answered(content_type: str, filename: str, cache_control: str) -> str:
    """What the store is to answer with, in the order that the signature wants: by name."""
    wanted = ""
    if cache_control:
        wanted += f"&response-cache-control={quote(cache_control, safe='')}"
    if filename:
        disposition = quote(content_disposition(filename), safe="")
        wanted += f"&response-content-disposition={disposition}"
    if content_type:
        wanted += f"&response-content-type={quote(content_type, safe='')}"
    return wanted


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)
