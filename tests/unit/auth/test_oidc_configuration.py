"""What the operator says of identity providers, and what is wrong with it."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from services.auth.sso.configuration import (
    Configuration,
    ConfigurationError,
    Provider,
    load_configuration,
)
from services.auth.sso.errors import SignInFailed, SignInRefused
from services.auth.sso.person import person_of
from services.runtime.roles import Role
from tests.support.identity_provider import write_configuration

ENTRY: dict[str, Any] = {
    "id": "company",
    "display_name": "Example",
    "issuer": "https://login.example.org/realms/main",
    "client_id": "argus",
}
CLAIMS: dict[str, Any] = {
    "sub": "1", "email": "Ada@Example.org", "email_verified": True, "name": "Ada",
}  # fmt: skip


def test_nothing_is_said_without_a_file() -> None:
    assert load_configuration(None) == Configuration()


def test_reads_a_file(tmp_path: Path) -> None:
    file = write_configuration(
        tmp_path / "oidc.toml",
        ENTRY | {"client_secret": "s", "roles_claim": "groups", "roles": {"a b": "admin"}},
        redirect_uris=["https://argus.example.org/sign-in/callback"],
    )
    found = load_configuration(file)
    assert found.may_return_to("https://argus.example.org/sign-in/callback")
    assert not found.may_return_to("https://argus.example.org/sign-in/callback?next=x")
    assert found.provider[0].role_of(frozenset({"a b"})) is Role.ADMIN


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"issuer": "http://login.example.org"}, "issuer"),
        ({"issuer": "https://user:pass@login.example.org"}, "issuer"),
        ({"issuer": "https://login.example.org?tenant=1"}, "issuer"),
        ({"issuer": "login.example.org"}, "issuer"),
        ({"id": "Company"}, "id"),
        ({"scopes": ["email"]}, "openid"),
        ({"trust_emails": True}, "email_domains"),
        ({"roles_claim": "groups"}, "roles"),
        ({"roles": {"a": "owner"}, "roles_claim": "g"}, "roles"),
        ({"client_secrets": "x"}, "client_secrets"),
    ],
)
def test_names_the_entry_that_is_wrong(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    file = write_configuration(tmp_path / "oidc.toml", ENTRY | {"client_secret": "hush"} | change)
    with pytest.raises(ConfigurationError, match=words) as caught:
        load_configuration(file)
    assert "hush" not in str(caught.value)


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = write_configuration(tmp_path / "oidc.toml", ENTRY | {"client_secret": "hush"})
    file.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_configuration(file)
    write_configuration(file, ENTRY)
    found = load_configuration(file, {"company": SecretStr("hush")})
    assert found.provider[0].client_secret == SecretStr("hush")
    with pytest.raises(ConfigurationError, match="other"):
        load_configuration(file, {"other": SecretStr("hush")})


def test_somebody_must_be_able_to_sign_in(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="password_sign_in"):
        load_configuration(write_configuration(tmp_path / "oidc.toml", password_sign_in=False))
    with pytest.raises(ConfigurationError, match="same id"):
        load_configuration(write_configuration(tmp_path / "oidc.toml", ENTRY, ENTRY))


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://login.example.org/token", True),
        ("https://keys.example.org/jwks", True),
        ("http://login.example.org/token", False),
        ("http://keys.example.org/jwks", False),
        ("https://login.example.org:8443/token", False),
        ("https://login.example.org@evil.example/token", False),
        ("https://login.example.org.evil.example/", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("http://127.0.0.1:6379/", False),
        ("file:///etc/passwd", False),
        ("https://[broken", False),
    ],
)
def test_only_the_provider_s_own_addresses_are_asked(url: str, may: bool) -> None:
    assert Provider(**ENTRY, hosts=("keys.example.org",)).may_ask(url) == may


@pytest.mark.parametrize(
    ("claims", "email", "verified"),
    [
        (CLAIMS, "ada@example.org", True),
        (CLAIMS | {"email_verified": "true"}, "ada@example.org", True),
        (CLAIMS | {"email_verified": "false"}, "ada@example.org", False),
        (CLAIMS | {"email_verified": 1}, "ada@example.org", False),
        (CLAIMS | {"email": "no address"}, "", False),
        (CLAIMS | {"email": ["ada@example.org"]}, "", False),
        (CLAIMS | {"email": "ada@example.org\r\nbcc: x"}, "", False),
        ({"sub": "1"}, "", False),
    ],
)
def test_an_address_is_verified_if_the_provider_says_so(
    claims: dict[str, Any], email: str, verified: bool
) -> None:
    person = person_of(Provider(**ENTRY), claims)
    assert (person.email, person.email_verified) == (email, verified)


def test_an_address_of_which_nothing_is_said_counts_only_if_the_operator_says_so() -> None:
    silent = {"sub": "1", "email": "ada@example.org"}
    assuming = Provider(**ENTRY, assume_emails_verified=True)
    assert not person_of(Provider(**ENTRY), silent).email_verified
    assert person_of(assuming, silent).email_verified
    assert not person_of(assuming, silent | {"email_verified": False}).email_verified


@pytest.mark.parametrize("subject", [None, "", 7, ["1"], "x" * 256, "a\0b"])
def test_nobody_is_somebody(subject: object) -> None:
    with pytest.raises(SignInFailed):
        person_of(Provider(**ENTRY), CLAIMS | {"sub": subject})


@pytest.mark.parametrize(
    ("claim", "claims", "role"),
    [
        ("groups", {"groups": ["line"]}, Role.INSPECTOR),
        ("groups", {"groups": "line"}, Role.INSPECTOR),
        ("groups", {"groups": ["line", "it", 7]}, Role.ADMIN),
        ("realm.roles", {"realm": {"roles": ["it"]}}, Role.ADMIN),
        ("https://x.example/roles", {"https://x.example/roles": ["it"]}, Role.ADMIN),
        ("groups", {"groups": ["choir"]}, None),
        ("groups", {"groups": {"it": True}}, None),
        ("groups", {}, None),
    ],
)
def test_a_claim_gives_the_highest_role(
    claim: str, claims: dict[str, Any], role: Role | None
) -> None:
    provider = Provider(
        **ENTRY, roles_claim=claim, roles={"line": "inspector", "it": "admin", "v": "viewer"}
    )
    if role is None:
        with pytest.raises(SignInRefused):
            person_of(provider, CLAIMS | claims)
        return
    assert person_of(provider, CLAIMS | claims).role is role


def test_a_name_is_one_line_that_can_be_seen() -> None:
    name = "A\u202eda\x1b[31m\nL. / " + "x" * 200
    kept = person_of(Provider(**ENTRY), CLAIMS | {"name": name}).display_name
    assert kept.startswith("Ada[31mL.")
    assert len(kept) <= 100
    assert person_of(Provider(**ENTRY), CLAIMS | {"name": "\u200b"}).display_name == "ada"
