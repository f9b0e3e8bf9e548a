"""Who is signed in, in every tab."""

import re

from playwright.async_api import BrowserContext, expect

from tests.browser.visitor import Visitor
from tests.support.person import PASSWORD


async def test_a_wrong_password_is_said_at_the_form(visitor: Visitor) -> None:
    visitor.expects("401")
    await visitor.open("/sign-in")
    await visitor.page.get_by_role("textbox", name="Email").fill(visitor.email)
    await visitor.page.get_by_label("Password").fill("not the password")
    await visitor.page.get_by_role("button", name="Sign in").click()
    await expect(visitor.page.get_by_role("alert")).to_contain_text("password")
    await expect(visitor.page).to_have_url(re.compile("/sign-in"))


async def test_who_signs_in_comes_to_the_page_they_asked_for(visitor: Visitor) -> None:
    await visitor.register()
    await visitor.sign_out()
    await visitor.open("/status")
    await expect(visitor.page).to_have_url(re.compile("/sign-in"))
    await visitor.sign_in()
    await expect(visitor.page).to_have_url(re.compile("/status$"))


async def test_signing_out_in_one_tab_signs_out_the_other(
    visitor: Visitor, profile: BrowserContext
) -> None:
    await visitor.register()
    other = await Visitor.arrive(profile)
    await other.open("/library")
    await expect(other.page.get_by_role("heading", name="Library", exact=True)).to_be_visible()
    await visitor.sign_out()
    await expect(other.page.get_by_label("Password")).to_be_visible()
    assert other.complaints() == []


async def test_a_session_that_was_closed_elsewhere_asks_to_sign_in_and_goes_on(
    visitor: Visitor,
) -> None:
    visitor.expects("401")
    await visitor.register()
    await visitor.open("/status")
    await visitor.close_session_elsewhere()
    await visitor.page.reload()
    await expect(visitor.page.get_by_text("Your session has ended")).to_be_visible()
    await visitor.sign_in()
    await expect(visitor.page).to_have_url(re.compile("/status$"))


async def test_the_account_page_says_who_one_is(visitor: Visitor) -> None:
    await visitor.register("Ada Lovelace")
    await visitor.open("/account")
    await expect(visitor.page.get_by_text(visitor.email)).to_be_visible()
    await expect(visitor.page.get_by_text("Ada Lovelace").first).to_be_visible()
    await visitor.page.get_by_role("button", name="Copy user id").click()
    copied = await visitor.page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"[0-9a-f-]{36}", copied)


async def test_nobody_is_registered_twice(visitor: Visitor) -> None:
    await visitor.register()
    await visitor.sign_out()
    visitor.expects("409")
    await visitor.open("/register")
    await visitor.page.get_by_role("textbox", name="Email").fill(visitor.email)
    await visitor.page.get_by_label("Password").fill(PASSWORD)
    await visitor.page.get_by_role("button", name="Create account").click()
    await expect(visitor.page.get_by_role("textbox", name="Email")).to_have_accessible_description(
        re.compile("sign in instead")
    )
