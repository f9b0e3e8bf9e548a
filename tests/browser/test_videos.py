"""A picture of a video plays that video from its second."""

import httpx
from playwright.async_api import expect

from tests.browser.visitor import Visitor
from tests.support.eventually import eventually
from tests.support.mesh import Mesh
from tests.support.person import Person
from tests.support.videos import encoded_video, shots


async def test_a_picture_plays_its_video_from_its_second(
    mesh: Mesh, http: httpx.AsyncClient, visitor: Visitor
) -> None:
    person = await Person.register(mesh, http)
    content = encoded_video(shots(20, 30))
    body = {"filename": "film.webm", "contentType": "video/webm", "sizeBytes": len(content)}
    created = (await person.call("POST", "/api/videos/uploads", json=body)).json()
    await person.put(created["upload"], content)
    path = f"/api/videos/{created['video']['videoId']}"
    await person.call("POST", f"{path}:import", json={})

    async def ready() -> bool:
        return bool((await person.call("GET", path)).json()["state"] == "READY")

    await eventually(ready, "the video is imported", within_s=120)
    query = {"filter": f'video_id = "{created["video"]["videoId"]}"', "orderBy": "create_time asc"}
    images = (await person.call("GET", "/api/images", params=query)).json()["images"]
    moment = float(images[1]["video"]["timestamp"].removesuffix("s"))
    assert 2 <= moment < 5

    page = visitor.page
    await visitor.enter(person, f"/library/{images[1]['imageId']}")
    await page.get_by_role("button", name=f"Play from 0:0{int(moment)}").click()
    player = page.get_by_label(f"film.webm, from 0:0{int(moment)}")
    await expect(player).to_be_visible()

    async def plays_from_there() -> bool:
        at: float = await player.evaluate("one => one.readyState >= 2 ? one.currentTime : -1")
        return at >= moment - 0.05

    await eventually(plays_from_there, "it plays from there")
    await page.keyboard.press("Escape")
    await visitor.open("/library/videos")
    await expect(page.get_by_role("heading", name="film.webm")).to_be_visible()
    await page.get_by_role("button", name="Delete film.webm").click()
    await page.get_by_role("button", name="Delete for ever").click()
    await expect(page.get_by_text("There are no videos")).to_be_visible()
