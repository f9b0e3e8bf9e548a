"""The map, dragged about."""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from argus.search.v1 import search_pb2
from playwright.async_api import Page, Route

from bench.web.person import show_everywhere
from bench.web.recorder import Recording, install, recorded

_CLUSTERS = 60
_SECONDS = 4.0
_MOVES_PER_S = 60


@dataclass
class Panning:
    """What it was like."""

    points: int
    recording: Recording


async def measure_panning(page: Page, image_ids: Sequence[UUID], picture: bytes) -> Panning:
    """Shows a map of all these images, and drags it about.

    The map's layout is not what is measured: its answer is made here.
    """
    body = grpc_web(made_map(image_ids).SerializeToString())

    async def answer(route: Route) -> None:
        await route.fulfill(body=body, content_type="application/grpc-web+proto")

    await page.route("**/argus.search.v1.SearchService/GetMap", answer)
    await show_everywhere(page, picture)
    await page.goto("/map")
    stage = page.get_by_role("application", name="Map of your images")
    await stage.wait_for()
    await install(page)
    box = await stage.bounding_box()
    if box is None:
        raise RuntimeError("the map has no place")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    reach = min(box["width"], box["height"]) / 4
    await page.mouse.move(x, y)
    await page.mouse.down()
    async with recorded(page) as recording:
        for number in range(round(_SECONDS * _MOVES_PER_S)):
            turn = number / _MOVES_PER_S * math.pi
            await page.mouse.move(x + reach * math.sin(turn), y + reach * math.sin(2 * turn))
            await page.wait_for_timeout(1000 / _MOVES_PER_S / 2)
    await page.mouse.up()
    await page.unroute_all(behavior="ignoreErrors")
    return Panning(len(image_ids), recording)


def made_map(image_ids: Sequence[UUID]) -> search_pb2.GetMapResponse:
    """A map of these images: in clusters, as pictures of a few kinds are."""
    rng = np.random.default_rng(7)
    centres = rng.uniform(0.1, 0.9, (_CLUSTERS, 2))
    spread = rng.uniform(0.005, 0.05, (_CLUSTERS, 1))
    of = rng.integers(0, _CLUSTERS, len(image_ids))
    places = centres[of] + spread[of] * rng.standard_normal((len(image_ids), 2))
    made = search_pb2.GetMapResponse(
        state=search_pb2.GetMapResponse.READY,
        version="bench",
        image_count=len(image_ids),
        image_ids=b"".join(sorted(each.bytes for each in image_ids)),
        points=np.clip(places, 0, 1).astype("<f4").tobytes(),
        model="bench",
    )
    made.built_time.GetCurrentTime()
    return made


def grpc_web(message: bytes) -> bytes:
    """A unary answer as it travels: the message's frame, then that of the trailers."""
    trailers = b"grpc-status:0\r\n"
    return (
        struct.pack(">BI", 0, len(message)) + message
        + struct.pack(">BI", 0x80, len(trailers)) + trailers
    )  # fmt: skip
