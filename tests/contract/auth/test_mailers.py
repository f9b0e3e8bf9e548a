"""Mails arrive whole and go to nobody else, by SMTP and into files."""

import ssl
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from mesh.layout import Layout
from mesh.parts.edge_tls import authority_file, server_files
from services.auth.file_mailer import FileMailer
from services.auth.mail_model import Letter, MailUnavailable, MailUndeliverable
from services.auth.mail_ports import Mailer
from services.auth.smtp_mailer import Security, SmtpMailer, SmtpServer
from tests.support.layouts import temporary_layout
from tests.support.mail import (
    PASSWORD,
    USER,
    PostOffice,
    post_office,
    text_of,
    written_mails,
)
from tests.support.parts import free_port

SENDER = "argus@example.org"
NAME = "Argus, für Ада"
LETTER = Letter(
    UUID(int=7),
    "ada@example.org",
    "Argus: set a new password",
    "Hello.\n\nhttps://argus.example.org/reset-password#token=abc-_=\n",
    "<p>Hello.</p>\n",
    datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
)


@dataclass
class Post:
    """A mailer, and what it handed over."""

    mailer: Mailer
    arrived: Callable[[], list[EmailMessage]]


@pytest.fixture(params=["smtp", "file"])
async def post(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Post]:
    async with AsyncExitStack() as stack:
        if request.param == "file":
            mailer = FileMailer(tmp_path / "mail", name=NAME, sender=SENDER)
            yield Post(mailer, lambda: written_mails(tmp_path / "mail"))
        else:
            office = await stack.enter_async_context(post_office())
            yield Post(smtp(office, "none"), lambda: office.mails)


@pytest.fixture(scope="module")
def layout() -> Iterator[Layout]:
    with temporary_layout() as made:
        yield made


@pytest.fixture(scope="module")
def serving(layout: Layout) -> ssl.SSLContext:
    files = server_files(layout, "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    return context


@pytest.fixture(scope="module")
def trusting(layout: Layout) -> ssl.SSLContext:
    server_files(layout, "localhost")
    return ssl.create_default_context(cafile=str(authority_file(layout)))


def smtp(
    office: PostOffice,
    security: Security,
    *,
    tls: ssl.SSLContext | None = None,
    user: str = "",
    password: str = PASSWORD,
) -> SmtpMailer:
    server = SmtpServer("localhost", office.port, security, user, SecretStr(password))
    return SmtpMailer(server, sender=SENDER, name=NAME, tls=tls)


async def test_a_mail_arrives_as_it_was_written(post: Post) -> None:
    await post.mailer.send(LETTER)

    (mail,) = post.arrived()
    assert mail["to"] == LETTER.recipient
    assert mail["from"].addresses[0].addr_spec == SENDER
    assert mail["from"].addresses[0].display_name == NAME
    assert mail["subject"] == LETTER.subject
    assert mail["date"].datetime == LETTER.created_at
    assert mail["message-id"] == f"<{LETTER.mail_id}@example.org>"
    assert mail["auto-submitted"] == "auto-generated"
    assert text_of(mail) == LETTER.text
    assert text_of(mail, "html") == LETTER.html


@pytest.mark.parametrize(
    "text",
    [
        ".\n..\nFrom here\n.\n",
        "Ünïcode, Ада, 日本語, 🦚\n",
        "x" * 5000 + "\n",
        "=3D is no equals sign = here\n",
        "&lt;&amp;<script>\n",
    ],
)
async def test_any_text_arrives_unchanged(post: Post, text: str) -> None:
    await post.mailer.send(replace(LETTER, text=text, html=text, subject="Größe: 日本 🦚"))
    (mail,) = post.arrived()
    assert (text_of(mail), text_of(mail, "html")) == (text, text)
    assert mail["subject"] == "Größe: 日本 🦚"


@pytest.mark.parametrize(
    "recipient",
    [
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org\nSubject: other",
        "ada@example.org,eve@example.org",
        "ada@example.org eve@example.org",
        "ada@example.org>\r\nRCPT TO:<eve@example.org",
        "Eve <eve@example.org>",
        '"ada\\"@example.org',
        "@example.org",
        "ada@",
        "ada",
        "",
        "ada@exa\u2028mple.org",
        "a\0da@example.org",
    ],
)
async def test_what_is_no_single_address_gets_nothing(post: Post, recipient: str) -> None:
    with pytest.raises(MailUndeliverable):
        await post.mailer.send(replace(LETTER, recipient=recipient))
    assert post.arrived() == []


@pytest.mark.parametrize(
    "recipient", ["o'hara+x=y@sub.example.org", "a..b@example.org", "{a|b}~#$%&*/?^`!@x.org"]
)
async def test_odd_addresses_are_reached(post: Post, recipient: str) -> None:
    await post.mailer.send(replace(LETTER, recipient=recipient))
    (mail,) = post.arrived()
    assert [str(one.username) + "@" + one.domain for one in mail["to"].addresses] == [recipient]


async def test_a_subject_cannot_begin_another_header(post: Post) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        await post.mailer.send(replace(LETTER, subject="x\r\nBcc: eve@example.org"))
    assert post.arrived() == []


async def test_a_file_is_its_owners_alone_and_old_ones_go(tmp_path: Path) -> None:
    mailer = FileMailer(tmp_path / "mail", name=NAME, kept=2)
    for second in range(4):
        time = LETTER.created_at.replace(second=second)
        await mailer.send(replace(LETTER, mail_id=uuid4(), created_at=time))
    await mailer.send(replace(LETTER, created_at=LETTER.created_at.replace(second=9)))
    await mailer.send(replace(LETTER, created_at=LETTER.created_at.replace(second=9)))

    assert [mail["date"].datetime.second for mail in written_mails(tmp_path / "mail")] == [3, 9]
    assert stat.S_IMODE((tmp_path / "mail").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "mail").iterdir()} == {0o600}


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("no folder")
    mailer = FileMailer(tmp_path / "mail", name=NAME)
    with pytest.raises(MailUnavailable):
        await mailer.send(LETTER)
    (tmp_path / "mail").unlink()
    await mailer.send(LETTER)
    assert len(written_mails(tmp_path / "mail")) == 1


async def test_starttls_and_a_password(serving: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    async with post_office(tls=serving, signing_in=True) as office:
        await smtp(office, "starttls", tls=trusting, user=USER).send(LETTER)
        with pytest.raises(MailUnavailable, match="SMTPAuthenticationError, code 535"):
            await smtp(office, "starttls", tls=trusting, user=USER, password="x").send(LETTER)
        assert (office.encrypted, office.signed_in) == ([True], [True])


async def test_tls_from_the_first_byte(serving: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    async with post_office(tls=serving, wrapped=True) as office:
        await smtp(office, "tls", tls=trusting).send(LETTER)
        assert office.recipients == [[LETTER.recipient]]


async def test_nothing_is_said_in_the_clear_or_to_a_stranger(serving: ssl.SSLContext) -> None:
    async with post_office() as plain, post_office(tls=serving) as stranger:
        with pytest.raises(MailUnavailable):
            await smtp(plain, "starttls", user=USER).send(LETTER)
        # Its certificate is by an authority that the system does not know.
        with pytest.raises(MailUnavailable):
            await smtp(stranger, "starttls", user=USER).send(LETTER)
        assert plain.mails == stranger.mails == []


async def test_a_server_refuses_for_good_or_for_now() -> None:
    async with post_office() as office:
        mailer = smtp(office, "none")
        office.refused_recipients = {
            "gone@example.org": "550 5.1.1 no such mailbox",
            "full@example.org": "452 4.2.2 mailbox full",
        }
        with pytest.raises(MailUndeliverable, match="the recipient was refused with code 550"):
            await mailer.send(replace(LETTER, recipient="gone@example.org"))
        with pytest.raises(MailUnavailable, match="code 452"):
            await mailer.send(replace(LETTER, recipient="full@example.org"))
        office.refused_content = "554 5.7.1 looks like spam"
        with pytest.raises(MailUndeliverable, match="the message was refused with code 554"):
            await mailer.send(LETTER)
        office.refused_content = ""
        await mailer.send(LETTER)
        assert len(office.mails) == 1


async def test_a_server_that_is_down_is_tried_again() -> None:
    mailer = SmtpMailer(SmtpServer("127.0.0.1", free_port(), "none"), sender=SENDER, name=NAME)
    with pytest.raises(MailUnavailable):
        await mailer.send(LETTER)
