"""The example of a client for a phone, built as its README says, in a browser of a phone's size."""

import mimetypes
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.conftest import new_profile
from tests.browser.visitor import Visitor, chosen
from tests.support.mesh import Mesh
from tests.support.person import PASSWORD, Person
from tests.support.pictures import photograph

WEB = Path(__file__).parents[2] / "web"
WIDTH, HEIGHT = 390, 844


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phone")
    config = "examples/phone/vite.config.ts"
    made = subprocess.run(
        ["node", "node_modules/vite/bin/vite.js", "build", "--config", config, "--outDir", folder],
        cwd=WEB, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
async def phone(chromium: Browser, mesh: Mesh, built: Path) -> AsyncIterator[Visitor]:
    """Somebody with the example, which a server of theirs has beside the edge."""

    async def from_folder(route: Route) -> None:
        file = built / route.request.url.partition("/phone/")[2]
        kind = mimetypes.guess_type(file.name)[0] or "text/html"
        await route.fulfill(body=file.read_bytes(), content_type=kind)

    size = {"width": WIDTH, "height": HEIGHT}
    async with new_profile(
        chromium, mesh, viewport=size, is_mobile=True, has_touch=True, device_scale_factor=2
    ) as profile:
        await profile.route("**/phone/**", from_folder)
        visitor = await Visitor.arrive(profile)
        yield visitor
        assert visitor.complaints() == []


async def fits(page: Page) -> bool:
    """Whether nothing is wider than the phone, and all that is touched is large enough."""
    return bool(
        await page.evaluate(
            "document.documentElement.scrollWidth <= innerWidth && "
            "[...document.querySelectorAll('button, input:not([type=file])')]"
            ".filter((one) => one.offsetParent).every((one) => one.offsetHeight >= 44)"
        )
    )


async def test_a_picture_is_taken_and_found_by_words(
    phone: Visitor, mesh: Mesh, http: httpx.AsyncClient, request: pytest.FixtureRequest
) -> None:
    person, page = await Person.register(mesh, http), phone.page
    await page.goto("/phone/index.html")
    assert await fits(page)
    await page.get_by_role("textbox", name="Email").fill(person.email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").tap()
    for name in ("chelsea", "coffee"):
        await page.get_by_label("Take a picture").set_input_files(
            chosen(f"{name}.png", photograph(name))
        )
        await expect(page.get_by_role("status")).to_have_text("1 picture can be found.")
    await page.get_by_role("searchbox").fill("a photo of a cat")
    await page.get_by_role("button", name="Search").tap()
    found = page.get_by_role("list", name="Matches").get_by_role("img")
    await expect(found.first).to_have_attribute("alt", "chelsea.png")
    await expect(found.first).to_have_js_property("complete", value=True)
    assert await found.first.evaluate("image => image.naturalWidth > 0")
    assert await fits(page)
    folder = Path(request.config.getoption("--screenshots"))
    await page.screenshot(path=folder / "phone-example.png")


async def test_a_wrong_password_is_said(phone: Visitor) -> None:
    phone.expects("401")
    page = phone.page
    await page.goto("/phone/index.html")
    await page.get_by_role("textbox", name="Email").fill(phone.email)
    await page.get_by_label("Password").fill("not the password")
    await page.get_by_role("button", name="Sign in").tap()
    await expect(page.get_by_role("status")).to_contain_text("password")
