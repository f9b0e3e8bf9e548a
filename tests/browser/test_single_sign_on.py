"""Signing in at a real OpenID provider, with a real browser."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.browser.visitor import Visitor
from tests.support.identity_provider import IdentityProvider, consent, identity_provider, joined
from tests.support.mesh import Mesh
from tests.support.person import PASSWORD


@pytest.fixture(scope="module")
def provider(mesh: Mesh) -> Iterator[IdentityProvider]:
    with identity_provider() as running, joined(mesh, running.configuration()):
        yield running


def somebody(provider: IdentityProvider, *, verified: bool = True) -> str:
    """Somebody whom the provider knows; their login."""
    login = f"p{uuid4().hex[:12]}"
    provider.know(login, email=f"{login}@corp.example", email_verified=verified, name="Ada L.")
    return login


async def sign_in_there(visitor: Visitor, login: str) -> None:
    """At the provider: signs in, consents if asked, and is sent back."""
    # Its pages have no icon, and would have fonts of the internet.
    visitor.expects("404")
    visitor.expects("net::ERR")
    page = visitor.page
    await page.get_by_placeholder("Enter any login").fill(login)
    await page.get_by_placeholder("and password").fill("any")
    await page.get_by_role("button", name="Sign-in").click()
    consents = page.get_by_role("button", name="Continue")
    back = page.get_by_role("navigation", name="Main").or_(page.get_by_role("alert"))
    await expect(consents.or_(back).first).to_be_visible()
    if await consents.is_visible():
        await consents.click()
    await expect(back.first).to_be_visible()


async def enter(visitor: Visitor, login: str, path: str = "/library") -> None:
    """Comes to a page, and signs in elsewhere on the way."""
    await visitor.open(path)
    await visitor.page.get_by_role("button", name="Sign in with Example Company").click()
    await sign_in_there(visitor, login)


async def test_somebody_signs_in_and_comes_to_the_page_they_asked_for(
    visitor: Visitor, provider: IdentityProvider
) -> None:
    login = somebody(provider)
    await enter(visitor, login, "/status")
    await expect(visitor.page).to_have_url(re.compile("/status$"))
    await visitor.open("/account")
    linked = visitor.page.get_by_role("list", name="Linked sign-ins")
    await expect(linked).to_contain_text(f"{login}@corp.example")
    await expect(visitor.page.get_by_role("button", name="Change password")).to_have_count(0)
    # Nothing of the way here is kept.
    kept = await visitor.page.evaluate("sessionStorage.getItem('argus.sign-in')")
    assert kept is None


async def test_an_answer_that_somebody_else_began_signs_nobody_in(
    visitor: Visitor, provider: IdentityProvider, mesh: Mesh
) -> None:
    """A link that would sign whoever follows it in to the attacker's account."""
    await visitor.open("/sign-in")
    answer = await visitor.page.request.post(
        "/api/auth/sign-in:begin",
        data={"providerId": "company", "redirectUri": f"{mesh.edge_url}/sign-in/callback"},
    )
    came_back = await consent((await answer.json())["authorizationUrl"], somebody(provider))
    await visitor.open(f"/sign-in/callback?state={came_back['state']}&code={came_back['code']}")
    await expect(visitor.page.get_by_role("alert")).to_contain_text("another tab")
    assert await visitor.page.evaluate("localStorage.getItem('argus.session')") is None
    await visitor.page.get_by_role("link", name="Back to signing in").click()
    await expect(visitor.page).to_have_url(re.compile("/sign-in$"))


async def test_who_may_not_come_in_is_told_why(
    visitor: Visitor, provider: IdentityProvider
) -> None:
    visitor.expects("403")
    await enter(visitor, somebody(provider, verified=False))
    await expect(visitor.page.get_by_role("alert")).to_contain_text("verified")


async def test_an_account_is_linked_with_its_password(
    visitor: Visitor, provider: IdentityProvider
) -> None:
    login = somebody(provider)
    await visitor.register()
    await visitor.open("/account")
    page = visitor.page
    await page.get_by_role("button", name="Link Example Company").click()
    dialog = page.get_by_role("dialog", name="Link Example Company")
    await dialog.get_by_label("Password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Go to Example Company").click()
    await sign_in_there(visitor, login)
    await expect(page.get_by_role("list", name="Linked sign-ins")).to_contain_text(login)

    await visitor.sign_out()
    await page.get_by_role("button", name="Sign in with Example Company").click()
    # The provider still knows who it is, and asks only whether this machine may.
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    await visitor.open("/account")
    await expect(page.get_by_text(visitor.email)).to_be_visible()


async def test_who_has_no_password_proves_anew_who_they_are_and_leaves(
    visitor: Visitor, provider: IdentityProvider
) -> None:
    visitor.expects("400")
    login = somebody(provider)
    await enter(visitor, login, "/account")
    page = visitor.page
    await page.get_by_role("button", name="Delete account").click()
    await page.get_by_role("button", name="Delete everything").click()
    await page.get_by_role("button", name="Sign in again with Example Company").click()
    await sign_in_there(visitor, login)
    await expect(page).to_have_url(re.compile("/account$"))
    await page.get_by_role("button", name="Delete account").click()
    await page.get_by_role("button", name="Delete everything").click()
    await expect(page.get_by_role("heading", name="Your account is deleted")).to_be_visible()
