"""Who forgot the password, and who has another address."""

import re
from urllib.parse import urlsplit

from playwright.async_api import expect

from tests.browser.visitor import Visitor
from tests.support.eventually import eventually
from tests.support.mail import text_of, written_mails
from tests.support.mesh import Mesh
from tests.support.person import PASSWORD

NEW_PASSWORD = "another horse, another battery"


async def link_in_mail(mesh: Mesh, recipient: str) -> str:
    """The link in the only mail to somebody, as a path of this mesh's page."""

    def texts() -> list[str]:
        mails = written_mails(mesh.layout.mail)
        return [text_of(mail) for mail in mails if mail["to"] == recipient]

    await eventually(lambda: len(texts()) == 1, f"a mail to {recipient}")
    found = re.search(r"^http\S+$", texts()[0], re.MULTILINE)
    assert found is not None
    url = urlsplit(found[0])
    assert f"{url.scheme}://{url.netloc}" == mesh.edge_url
    return f"{url.path}#{url.fragment}"


async def test_a_forgotten_password_is_set_by_the_link_in_a_mail(
    visitor: Visitor, mesh: Mesh
) -> None:
    page = visitor.page
    await visitor.register()
    await visitor.sign_out()
    await page.get_by_role("link", name="Forgot your password?").click()
    # The form before has a field of the same name.
    await expect(page.get_by_role("heading", name="Forgot your password?")).to_be_visible()
    await page.get_by_role("textbox", name="Email").fill(visitor.email)
    await page.get_by_role("button", name="Send the link").click()
    await expect(page.get_by_text("has an account, a mail is on its way")).to_be_visible()

    link = await link_in_mail(mesh, visitor.email)
    await visitor.open(link)
    await page.get_by_label("New password").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Set password").click()
    await expect(page.get_by_role("heading", name="Your password is set")).to_be_visible()
    await page.get_by_role("link", name="Sign in").click()
    await page.get_by_role("textbox", name="Email").fill(visitor.email)
    await page.get_by_label("Password").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()

    # The link works once.
    visitor.expects("400")
    await visitor.open("/status")
    await visitor.open(link)
    await page.get_by_label("New password").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Set password").click()
    await expect(page.get_by_role("alert")).to_contain_text("was used already")


async def test_another_address_is_confirmed_by_the_link_in_a_mail(
    visitor: Visitor, mesh: Mesh
) -> None:
    page = visitor.page
    await visitor.register()
    old, new = visitor.email, f"new.{visitor.email}"
    await visitor.open("/account")
    await page.get_by_role("button", name="Change email").click()
    dialog = page.get_by_role("dialog", name="Change email")
    await dialog.get_by_label("New email").fill(new)
    await dialog.get_by_label("Password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Send the mail").click()
    await expect(page.get_by_text(f"A mail is on its way to {new}.")).to_be_visible()
    await expect(page.get_by_text(old, exact=True)).to_be_visible()

    await visitor.open(await link_in_mail(mesh, new))
    await page.get_by_role("button", name="Confirm address").click()
    await expect(page.get_by_text(f"You sign in with {new} from now on.")).to_be_visible()
    await page.get_by_role("link", name="Go on").click()
    await expect(page.get_by_text(new, exact=True)).to_be_visible()

    visitor.email = new
    await visitor.sign_out()
    await visitor.sign_in()
