"""What the browser fetches before somebody can sign in."""

from dataclasses import dataclass

import httpx
from playwright.async_api import Request

from bench.web.person import Bench, browser


@dataclass(frozen=True)
class FirstLoad:
    """The sign-in page, on an empty cache."""

    requests: int
    gzip_bytes: int
    """Of all bodies as they travel, for a browser that takes gzip."""
    brotli_bytes: int
    largest: str
    """What is the largest, as a path."""


async def measure_first_load(bench: Bench) -> FirstLoad:
    """Lists what Chromium asks the edge for, and asks for the same with each encoding."""
    async with browser(bench, None) as opened:
        asked: list[Request] = []

        def note(request: Request) -> None:
            asked.append(request)

        opened.page.on("request", note)
        await opened.page.goto("/sign-in", wait_until="networkidle")
        await opened.page.get_by_role("button", name="Sign in").wait_for()
    others = [each.url for each in asked if not each.url.startswith(f"{bench.url}/")]
    if others:
        raise RuntimeError(f"the page asks others: {others}")
    documents = [each.url for each in asked if each.is_navigation_request()]
    files = [each.url for each in asked if each.method == "GET"]
    async with httpx.AsyncClient(trust_env=False) as http:
        gzip = {url: await _bytes(http, url, "gzip", url in documents) for url in files}
        brotli = {url: await _bytes(http, url, "br", url in documents) for url in files}
    largest = max(gzip, key=lambda url: gzip[url])
    return FirstLoad(len(asked), sum(gzip.values()), sum(brotli.values()), httpx.URL(largest).path)


async def _bytes(http: httpx.AsyncClient, url: str, encoding: str, document: bool) -> int:
    """Length of a body as it travels.

    Raises:
        RuntimeError: The edge did not answer with the encoding that was asked for. The document
            itself is sent as it is: it is shorter than a packet.
    """
    headers = {"accept-encoding": encoding, "accept": "text/html" if document else "*/*"}
    async with http.stream("GET", url, headers=headers) as answer:
        answer.raise_for_status()
        said = answer.headers.get("content-encoding", "identity")
        if said != encoding and not document:
            raise RuntimeError(f"{url} came as {said}, not as {encoding}")
        return len(b"".join([part async for part in answer.aiter_raw()]))
