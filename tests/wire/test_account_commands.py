"""The command line's care of an account and of the signing keys, at a real auth."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from email.message import EmailMessage
from pathlib import Path
from subprocess import CompletedProcess

import psutil
import pytest

from mesh.credentials import Credentials, write_private
from mesh.layout import Layout
from mesh.options import MeshOptions
from mesh.supervision.ports import Ports
from mesh.supervision.state import MeshState
from tests.support.databases import new_database
from tests.support.eventually import eventually
from tests.support.layouts import temporary_layout
from tests.support.mail import token_in, written_mails
from tests.support.mesh import argus
from tests.support.services import SERVICE_SECRET, running_auth

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "another horse, another battery"


class CommandLine:
    """`argus` as one person uses it at one machine."""

    def __init__(self, server: str, home: Path, email: str) -> None:
        self.server = server
        self.home = home
        self.email = email

    async def __call__(
        self, *arguments: str, good: bool = True, **variables: str
    ) -> CompletedProcess[str]:
        """What a command printed; it succeeds if `good`."""
        variables |= {"ARGUS_SERVER": self.server, "ARGUS_CONFIG_DIR": str(self.home)}
        done = await asyncio.to_thread(lambda: argus(*arguments, timeout_s=60, **variables))
        assert (done.returncode == 0) == good, done.stdout + done.stderr
        return done

    async def sign_in(self, *more: str, password: str = PASSWORD) -> None:
        await self("login", "--email", self.email, *more, ARGUS_PASSWORD=password)


@pytest.fixture(scope="module")
def folders() -> Iterator[Layout]:
    with temporary_layout() as made:
        yield made


@pytest.fixture(scope="module")
async def address(
    fresh_postgres_url: str, fresh_redis_url: str, folders: Layout
) -> AsyncIterator[str]:
    urls = (fresh_postgres_url, fresh_redis_url)
    async with running_auth(*urls, mail_dir=folders.mail) as server:
        yield server.address


@pytest.fixture
def layout(address: str) -> Iterator[Layout]:
    """The data folder of a mesh that runs, as far as its operator's commands look."""
    with temporary_layout() as made:
        made.make()
        secrets = Credentials(
            s3_access_key="x",
            s3_secret_key="x",
            service_secret=SERVICE_SECRET,
            objects_signing_key="x",
        )
        write_private(made.secrets / "credentials.json", secrets.model_dump_json())
        port = int(address.rpartition(":")[2])
        names = [name for name in Ports.model_fields if not name.startswith("more_")]
        state = MeshState(
            pid=os.getpid(),
            created=psutil.Process().create_time(),
            options=MeshOptions(data_dir=made.data_dir),
            ports=Ports(**dict.fromkeys(names, 1) | {"auth": port}),
            parts=[],
        )
        made.state_file.write_text(state.model_dump_json())
        yield made


async def test_sessions_and_the_password(address: str, tmp_path: Path) -> None:
    here = CommandLine(address, tmp_path / "here", "ada@example.org")
    there = CommandLine(address, tmp_path / "there", "ada@example.org")
    await here.sign_in("--register")
    await there.sign_in()

    listed = (await here("session", "list")).stdout
    assert listed.count("argus-cli on") == 2
    assert listed.count("this one") == 1
    (other,) = [line.split()[0] for line in listed.splitlines() if "argus-cli" in line
                and "this one" not in line]  # fmt: skip
    unknown = await here("session", "revoke", "zzzz", good=False)
    assert "No open session begins with `zzzz`" in unknown.stderr
    await here("session", "revoke", good=False)
    assert "Revoked 1 session" in (await here("session", "revoke", other[:13])).stdout
    assert "session" in (await there("user", "whoami", good=False)).stderr

    await there.sign_in()
    changed = await here(
        "user", "password", ARGUS_PASSWORD=PASSWORD, ARGUS_NEW_PASSWORD=NEW_PASSWORD
    )
    assert "1 other session ended" in changed.stdout
    await there("user", "whoami", good=False)
    await there.sign_in(password=NEW_PASSWORD)
    weak = await here(
        "user", "password", ARGUS_PASSWORD=NEW_PASSWORD, ARGUS_NEW_PASSWORD="password123",
        good=False,
    )  # fmt: skip
    assert "one of the most common ones" in weak.stderr
    assert "Revoked 1 session" in (await here("session", "revoke", "--others")).stdout


async def mailed(folders: Layout, recipient: str, *, mails: int = 1) -> str:
    """The token in the last mail to somebody, when so many are there."""

    def there() -> list[EmailMessage]:
        return [mail for mail in written_mails(folders.mail) if mail["to"] == recipient]

    await eventually(lambda: len(there()) == mails, f"{mails} mails to {recipient}")
    return token_in(there()[-1])


async def test_a_forgotten_password_and_another_address(
    address: str, folders: Layout, tmp_path: Path
) -> None:
    here = CommandLine(address, tmp_path / "here", "grace@example.org")
    folder = ("--data-dir", str(folders.data_dir))
    nothing = await here("user", "mail", "--to", here.email, *folder, good=False)
    assert "There is no such mail" in nothing.stderr
    await here.sign_in("--register")
    said = await here("user", "reset", "--request", "--email", here.email)
    assert "If grace@example.org has an account, a mail with a code is on its way." in said.stdout
    token = await mailed(folders, here.email)
    shown = (await here("user", "mail", "--to", "Grace@example.org", *folder)).stdout
    assert "Subject: Argus: set a new password" in shown
    assert f"#token={token}\n" in shown

    misspelt = await here(
        "user", "reset", ARGUS_MAIL_CODE=f"{token}x", ARGUS_NEW_PASSWORD=NEW_PASSWORD, good=False
    )
    assert "ask for another mail" in misspelt.stderr
    assert token not in misspelt.stderr
    done = await here("user", "reset", ARGUS_MAIL_CODE=token, ARGUS_NEW_PASSWORD=NEW_PASSWORD)
    assert "1 session ended" in done.stdout
    await here("user", "whoami", good=False)
    await here.sign_in(password=NEW_PASSWORD)

    new = "hopper@example.org"
    wrong = await here("user", "email", new, ARGUS_PASSWORD=PASSWORD, good=False)
    assert "the password is wrong" in wrong.stderr
    asked = await here("user", "email", new, ARGUS_PASSWORD=NEW_PASSWORD)
    assert f"A mail is on its way to {new}." in asked.stdout
    code = await mailed(folders, new)
    confirmed = await here("user", "confirm", ARGUS_MAIL_CODE=code)
    assert f"{new} is confirmed" in confirmed.stdout
    assert f"<{new}>" in (await here("user", "whoami")).stdout


async def test_registering_where_addresses_are_confirmed(
    postgres_url: str, fresh_redis_url: str, folders: Layout, tmp_path: Path
) -> None:
    async with (
        new_database(postgres_url) as database,
        running_auth(
            database, fresh_redis_url, confirm_email=True, mail_dir=folders.mail
        ) as server,
    ):
        here = CommandLine(server.address, tmp_path, "heidi@example.org")
        command = ("login", "--email", here.email, "--register")
        pending = await here(*command, ARGUS_PASSWORD=PASSWORD, good=False)
        assert "A mail is on its way to heidi@example.org" in pending.stderr
        token = await mailed(folders, here.email)
        early = await here("login", "--email", here.email, ARGUS_PASSWORD=PASSWORD, good=False)
        assert "the address is not confirmed yet" in early.stderr
        await here("user", "confirm", ARGUS_MAIL_CODE=token)
        await here.sign_in()


async def test_an_account_is_deleted_and_its_deletion_shown(address: str, tmp_path: Path) -> None:
    here = CommandLine(address, tmp_path / "here", "eve@example.org")
    there = CommandLine(address, tmp_path / "there", "eve@example.org")
    await here.sign_in("--register")
    await there.sign_in()

    wrong = await here("user", "delete", "--yes", ARGUS_PASSWORD="not the one", good=False)
    assert "the password is wrong" in wrong.stderr
    await here("user", "delete", ARGUS_PASSWORD=PASSWORD, good=False)  # nobody said yes
    await here("user", "whoami")
    done = await here("user", "delete", "--yes", ARGUS_PASSWORD=PASSWORD)

    assert "Nobody is signed in" in (await here("user", "whoami", good=False)).stderr
    await there("user", "whoami", good=False)
    deletion_id = done.stdout.split()[-1]
    shown = (await there("user", "delete", "--status", deletion_id)).stdout
    assert "Some services have not removed all yet." in shown
    assert "auth" in shown
    assert "eve" not in shown
    await there("user", "delete", "--status", "0" * 8 + deletion_id[8:], good=False)
    await here("login", "--email", here.email, good=False, ARGUS_PASSWORD=PASSWORD)
    await here.sign_in("--register")


async def test_an_api_key_is_made_used_and_revoked(address: str, tmp_path: Path) -> None:
    person = CommandLine(address, tmp_path / "person", "bob@example.org")
    machine = CommandLine(address, tmp_path / "machine", "")
    await person.sign_in("--register")
    assert "There are none." in (await person("apikey", "list")).stdout

    made = await person("apikey", "create", "camera 7", "--scope", "read", "--scope", "inspect")
    secret = made.stdout.strip()

    assert secret.startswith("argus_")
    listed = (await person("apikey", "list")).stdout
    assert "camera 7" in listed
    assert "read, inspect" in listed
    assert secret not in listed
    whoami = await machine("user", "whoami", ARGUS_API_KEY=secret)
    assert "bob@example.org" in whoami.stdout
    refused = await machine("session", "list", ARGUS_API_KEY=secret, good=False)
    assert "an API key may not do this" in refused.stderr
    await person("apikey", "revoke", "camera 8", good=False)
    await person("apikey", "revoke", "camera 7")
    ended = await machine("user", "whoami", ARGUS_API_KEY=secret, good=False)
    assert "the API key is not valid" in ended.stderr


async def test_the_operator_rotates_signing_keys(
    address: str, layout: Layout, tmp_path: Path
) -> None:
    operator = CommandLine(address, tmp_path, "")
    folder = ("--data-dir", str(layout.data_dir))

    made = (await operator("key", "rotate", *folder)).stdout

    kid = made.split()[1]
    rows = {
        line.split()[0]: line.split()[1]
        for line in (await operator("key", "list", *folder)).stdout.splitlines()
        if line.split()[1:2] in (["next"], ["signing"], ["retired"])
    }
    assert rows.pop(kid) == "next"
    assert list(rows.values()) == ["signing"]
    assert kid in (await operator("key", "rotate", *folder)).stdout
    layout.state_file.unlink()
    nothing = await operator("key", "rotate", *folder, good=False)
    assert "Nothing runs on" in nothing.stderr


async def test_whoever_runs_the_mesh_makes_an_administrator_who_sees_to_the_others(
    address: str, layout: Layout, tmp_path: Path
) -> None:
    operator = CommandLine(address, tmp_path / "operator", "")
    carol = CommandLine(address, tmp_path / "carol", "carol@example.org")
    dan = CommandLine(address, tmp_path / "dan", "dan@example.org")
    await carol.sign_in("--register")
    await dan.sign_in("--register", "--name", "[red]Dan")
    local = ("--local", "--data-dir", str(layout.data_dir))
    unknown = await operator("user", "promote", "nobody@example.org", *local, good=False)
    assert "no such account" in unknown.stderr

    done = await operator("user", "promote", carol.email, *local)

    assert f"{carol.email} is admin now" in done.stdout
    await carol.sign_in()
    assert "<carol@example.org>, admin," in (await carol("user", "whoami")).stdout
    listed = (await carol("user", "list", COLUMNS="200")).stdout
    assert dan.email in listed
    assert "[red]Dan" in listed
    await carol("user", "promote", "nobody@example.org", good=False)
    await carol("user", "promote", dan.email, "--role", "viewer")
    await dan("user", "whoami", good=False)
    await dan.sign_in()
    refused = await dan("user", "list", good=False)
    assert "this needs the role admin, and yours is viewer" in refused.stderr


async def test_an_administrator_ends_sessions_and_keys_of_others_and_rotates_keys(
    address: str, layout: Layout, tmp_path: Path
) -> None:
    grace = CommandLine(address, tmp_path / "grace", "grace@example.org")
    heidi = CommandLine(address, tmp_path / "heidi", "heidi@example.org")
    await grace.sign_in("--register")
    await heidi.sign_in("--register")
    refused = await grace("session", "list", "--user", heidi.email, good=False)
    assert "this needs the role admin" in refused.stderr
    await grace("user", "promote", grace.email, "--local", "--data-dir", str(layout.data_dir))
    await grace.sign_in()
    of_heidi = ("--user", heidi.email)

    await heidi("apikey", "create", "camera 9", "--scope", "read")
    assert "camera 9" in (await grace("apikey", "list", *of_heidi, COLUMNS="200")).stdout
    assert "camera 9" in (await grace("apikey", "revoke", "camera 9", *of_heidi)).stdout
    assert "There are none" in (await grace("apikey", "list", *of_heidi)).stdout
    (row,) = [
        line.split()[0]
        for line in (await grace("session", "list", *of_heidi, COLUMNS="200")).stdout.splitlines()
        if "argus-cli" in line
    ]
    await grace("session", "revoke", row, *of_heidi)
    await heidi("user", "whoami", good=False)
    await heidi.sign_in()
    assert "Revoked 1" in (await grace("session", "revoke", "--others", *of_heidi)).stdout
    await heidi("user", "whoami", good=False)

    kid = (await grace("key", "rotate", "--as-admin")).stdout.split()[1]
    assert kid in (await grace("key", "list", "--as-admin")).stdout


async def test_an_administrator_reads_the_audit_and_checks_it(
    address: str, layout: Layout, tmp_path: Path
) -> None:
    erin = CommandLine(address, tmp_path / "erin", "erin@example.org")
    frank = CommandLine(address, tmp_path / "frank", "frank@example.org")
    await erin.sign_in("--register")
    await frank.sign_in("--register")
    await frank("audit", "list", good=False)
    local = ("--local", "--data-dir", str(layout.data_dir))
    await erin("user", "promote", erin.email, *local)
    await erin.sign_in()

    async def noted() -> bool:
        done = await erin("audit", "list", "--method", "AssignRole", COLUMNS="300")
        return f"email {erin.email}, role ADMIN" in done.stdout

    await eventually(noted, "the promotion is in the audit")
    listed = (await erin("audit", "list", "--about", frank.email, COLUMNS="300")).stdout
    assert "Register" in listed
    assert "service operator" not in listed
    assert "Register" not in (await erin("audit", "list", "--since", "2099-01-01")).stdout

    said = (await erin("audit", "verify")).stdout
    assert "nothing was changed" in said
    kept = said.rpartition(" ")[2].strip().rstrip(".")
    await erin("audit", "verify", "--expect", kept)
    sequence, _, digits = kept.partition(":")
    forged = f"{sequence}:{'0' * len(digits)}"
    changed = await erin("audit", "verify", "--expect", forged, good=False)
    assert "has another hash than the one that was kept" in changed.stderr
    await erin("audit", "verify", "--expect", "1:zz", good=False)

    file = tmp_path / "audit.jsonl"
    await erin("audit", "export", "--output", str(file))
    lines = file.read_text().splitlines()
    assert len(lines) >= int(sequence)
    away = ("--server", "127.0.0.1:1")
    await erin("audit", "verify", "--file", str(file), "--expect", kept, *away)
    file.write_text("\n".join(lines[:1] + lines[2:]))
    missing = await erin("audit", "verify", "--file", str(file), good=False)
    assert "after entry 1 comes 3" in missing.stderr
    file.write_text("\n".join(lines[: int(sequence) - 1]))
    short = await erin("audit", "verify", "--file", str(file), "--expect", kept, good=False)
    assert "ends before entry" in short.stderr
    file.write_text("something else")
    await erin("audit", "verify", "--file", str(file), good=False)
