"""What a mesh writes at its most talkative, and shows of its processes, holds no secret."""

import base64
import json
from collections.abc import Iterator
from email.message import EmailMessage
from urllib.parse import parse_qs, quote, urlsplit

import asyncpg
import httpx
import psutil
import pytest

from mesh.credentials import load_credentials
from mesh.parts.postgres import postgres_url
from mesh.supervision.sockets import processes_of
from tests.support.eventually import eventually
from tests.support.mail import token_in, written_mails
from tests.support.mesh import Mesh, mesh_folder
from tests.support.person import PASSWORD, Person
from tests.support.pictures import drawing, encoded

THEIRS = {
    "AWS_SECRET_ACCESS_KEY": "whoever-starts-it-has-this-cloud-key",
    "ARGUS_QDRANT_API_KEY": "whoever-starts-it-has-this-index-key",
    "ARGUS_SMTP_PASSWORD": "whoever-starts-it-has-this-mail-password",
    "HF_TOKEN": "hf_whoever-starts-it-has-this-hub-token",
}
"""What is in the environment of whoever starts the mesh."""
NEW_PASSWORD = "another horse, another battery"
WRONG_PASSWORD = "wrong battery staple horse"


@pytest.fixture(scope="module")
def talkative() -> Iterator[Mesh]:
    """A mesh that logs everything."""
    with mesh_folder() as mesh:
        mesh.up(ARGUS_LOG_LEVEL="DEBUG", ARGUS_EDGE_LOG_MIN_STATUS="100", **THEIRS)
        yield mesh


@pytest.fixture(scope="module")
async def secrets(talkative: Mesh) -> dict[str, str]:
    """Secrets of the mesh, and of a person after they used every way to hand them over."""
    found = dict(load_credentials(talkative.layout).model_dump()) | THEIRS
    key = (talkative.layout.secrets / "objects-tls" / "key.pem").read_text()
    found["key of certificates"] = "".join(key.splitlines()[1:-1])
    connection = await asyncpg.connect(postgres_url(talkative.layout))
    try:
        for row in await connection.fetch("SELECT kid, private_key FROM auth.signing_keys"):
            found[f"signing key {row['kid']}"] = row["private_key"].hex()
            found[f"signing key {row['kid']}, base64"] = encoded_key(row["private_key"])
    finally:
        await connection.close()
    async with httpx.AsyncClient(base_url=talkative.edge_url, trust_env=False) as http:
        found |= await used_by_a_person(talkative, http)
    edge_log = talkative.layout.log("edge")
    # Envoy writes its lines some seconds later; the search was the last call.
    await eventually(
        lambda: "/api/search" in edge_log.read_text(), "the edge wrote its log", within_s=60.0
    )
    return found


def encoded_key(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


async def used_by_a_person(mesh: Mesh, http: httpx.AsyncClient) -> dict[str, str]:
    person = await Person.register(mesh, http)
    found = {"password": PASSWORD, "wrong password": WRONG_PASSWORD}
    for password in (PASSWORD, WRONG_PASSWORD):
        body = {"email": person.email, "password": password}
        answer = await http.post("/api/auth/login", json=body)
        assert answer.is_success is (password == PASSWORD)
        if answer.is_success:
            found |= {
                "access token": answer.json()["accessToken"],
                "refresh token": answer.json()["refreshToken"],
            }
    refreshed = await http.post("/api/auth/refresh", json={"refreshToken": found["refresh token"]})
    found["second refresh token"] = refreshed.json()["refreshToken"]
    # Nothing of them is a secret, which an error may tell: the wrong one, and one in the path.
    await http.get("/api/images", headers={"authorization": f"Bearer {found['access token']}x"})
    await http.get("/api/images", params={"access_token": found["access token"]})
    image = await person.add(encoded(drawing(7, (64, 64)), "PNG"))
    reserved = (await person.reserve(b"x" * 99, "other.png", "image/png")).json()["upload"]
    for name, url in (
        ("content link", image["contentUrl"]),
        ("thumbnail link", image["thumbnailUrl"]),
        ("upload link", reserved["url"]),
    ):
        parts = urlsplit(url)
        found[f"signature of {name}"] = parse_qs(parts.query)["X-Amz-Signature"][0]
        # Straight, and through the edge.
        for reached in (url, f"{mesh.edge_url}{parts.path}?{parts.query}"):
            async with httpx.AsyncClient(trust_env=False) as store:
                assert (await store.get(reached)).status_code in {200, 403}
    assert await person.search(text="colours")
    return found | await used_by_mail(mesh, http, person)


async def used_by_mail(mesh: Mesh, http: httpx.AsyncClient, person: Person) -> dict[str, str]:
    """Tokens that were mailed, good and used up, and the password that was set with one."""

    async def token(recipient: str, mails: int) -> str:
        def there() -> list[EmailMessage]:
            return [one for one in written_mails(mesh.layout.mail) if one["to"] == recipient]

        await eventually(lambda: len(there()) == mails, f"{mails} mails to {recipient}")
        return token_in(there()[-1])

    body = {"newEmail": f"new.{person.email}", "password": PASSWORD}
    answer = await person.call("POST", "/api/auth/users/me:changeEmail", json=body)
    assert answer.is_success, answer.text
    found = {"token of a change": await token(body["newEmail"], 1)}
    answer = await http.post("/api/auth/email:confirm", json={"token": found["token of a change"]})
    assert answer.is_success, answer.text
    await http.post("/api/auth/password:requestReset", json={"email": body["newEmail"]})
    found["token of a reset"] = await token(body["newEmail"], 2)
    reset = {"token": found["token of a reset"], "newPassword": NEW_PASSWORD}
    for good in (True, False):
        answer = await http.post("/api/auth/password:reset", json=reset)
        assert answer.is_success is good, answer.text
    # One that nobody used, in a link that somebody opens.
    await http.post("/api/auth/password:requestReset", json={"email": body["newEmail"]})
    found["token that waits"] = await token(body["newEmail"], 4)
    found["new password"] = NEW_PASSWORD
    return found


def spellings(secret: str) -> set[bytes]:
    """How programs may write a text."""
    return {
        secret.encode(),
        quote(secret, safe="").encode(),
        json.dumps(secret).strip('"').encode(),
        base64.b64encode(secret.encode()).rstrip(b"="),
    }


def leaks(secrets: dict[str, str], text: bytes) -> list[str]:
    return [
        what
        for what, secret in secrets.items()
        if any(spelling in text for spelling in spellings(secret))
    ]


def test_the_secrets_are_long_enough_to_be_looked_for(secrets: dict[str, str]) -> None:
    assert len(secrets) > 15
    assert {what for what, secret in secrets.items() if len(secret) < 16} == set()


def test_logs_hold_no_secret(talkative: Mesh, secrets: dict[str, str]) -> None:
    logs = sorted(talkative.layout.logs.iterdir())
    assert {log.name for log in logs} >= {
        f"{part.name}.log" for part in talkative.state().parts
    } | {"mesh.log"}
    for log in logs:
        assert leaks(secrets, log.read_bytes()) == [], log.name
    # They do say what happened, with what they would not say otherwise.
    service = psutil.Process(talkative.pid("storage"))
    assert service.environ()["ARGUS_LOG_LEVEL"] == "DEBUG"
    assert "/argus.auth.v1.AuthService/Login" in talkative.layout.log("auth").read_text()
    assert "/images/" in talkative.layout.log("edge").read_text()


def test_files_that_describe_the_run_hold_no_secret(
    talkative: Mesh, secrets: dict[str, str]
) -> None:
    described = [
        *(file for file in talkative.layout.run.iterdir() if file.is_file()),
        *(file for file in talkative.data_dir.iterdir() if file.is_file()),
    ]
    assert talkative.layout.state_file in described
    for file in described:
        assert leaks(secrets, file.read_bytes()) == [], file.name


def test_command_lines_hold_no_secret(talkative: Mesh, secrets: dict[str, str]) -> None:
    for process in processes_of(talkative.state().pid):
        assert leaks(secrets, "\0".join(process.cmdline()).encode()) == [], process


def test_what_its_starter_knows_reaches_the_part_that_needs_it(
    talkative: Mesh, secrets: dict[str, str]
) -> None:
    holders: dict[str, set[str]] = {name: set() for name in THEIRS}
    for part in talkative.state().parts:
        for process in processes_of(part.pid):
            try:
                held = process.environ()
            except psutil.NoSuchProcess:
                continue
            for name, value in THEIRS.items():
                if any(value in text for text in held.values()):
                    holders[name].add(part.name)
    assert holders == {
        "AWS_SECRET_ACCESS_KEY": set(),
        "ARGUS_QDRANT_API_KEY": {"search"},
        "ARGUS_SMTP_PASSWORD": {"auth"},
        "HF_TOKEN": {"embedder"},
    }
    assert set(THEIRS) <= set(secrets)
