"""ID tokens that do not hold, each wrong in one thing."""

import base64
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from services.auth.sso.id_token import CLOCK_SKEW_S, MAX_TOKEN, check_id_token

ISSUER, CLIENT, NONCE = "https://login.example.org", "argus", "a nonce"
NOW = 1_800_000_000
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
GOOD: dict[str, Any] = {
    "iss": ISSUER, "aud": CLIENT, "sub": "ada", "nonce": NONCE, "iat": NOW, "exp": NOW + 300,
}  # fmt: skip


def signed(
    claims: dict[str, Any],
    *,
    key: RSAKey = KEY,
    header: Mapping[str, Any] | None = None,
) -> str:
    algorithm = dict(header or {"alg": "RS256", "kid": "one"})
    return jwt.encode(algorithm, dict(claims), key, algorithms=[algorithm["alg"]])


def check(token: str, *, now: float = NOW) -> Mapping[str, object]:
    return check_id_token(
        token,
        KeySet([KEY]),
        algorithms=["RS256", "ES256"],
        issuer=ISSUER,
        client_id=CLIENT,
        nonce=NONCE,
        access_token="at",
        now=now,
    )


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def without(name: str) -> dict[str, Any]:
    return {claim: value for claim, value in GOOD.items() if claim != name}


@pytest.mark.parametrize(
    "claims",
    [
        GOOD,
        GOOD | {"aud": [CLIENT]},
        GOOD | {"aud": [CLIENT, "another"], "azp": CLIENT},
        GOOD | {"azp": CLIENT},
        GOOD | {"exp": NOW - CLOCK_SKEW_S + 5},
        GOOD | {"iat": NOW + CLOCK_SKEW_S - 5},
    ],
)
def test_takes_a_token_that_holds(claims: dict[str, Any]) -> None:
    assert check(signed(claims))["sub"] == "ada"


@pytest.mark.parametrize(
    "claims",
    [
        GOOD | {"iss": "https://elsewhere.example.org"},
        GOOD | {"iss": ISSUER + "/"},
        GOOD | {"aud": "another"},
        GOOD | {"aud": ["another"]},
        GOOD | {"aud": []},
        GOOD | {"aud": [CLIENT, "another"]},
        GOOD | {"aud": [CLIENT, "another"], "azp": "another"},
        GOOD | {"azp": "another"},
        GOOD | {"nonce": "another"},
        GOOD | {"nonce": ""},
        GOOD | {"nonce": [NONCE]},
        GOOD | {"exp": NOW - CLOCK_SKEW_S - 5},
        GOOD | {"exp": "soon"},
        GOOD | {"iat": NOW + CLOCK_SKEW_S + 5},
        GOOD | {"nbf": NOW + CLOCK_SKEW_S + 5},
        GOOD | {"sub": 7},
        GOOD | {"sub": ""},
        GOOD | {"at_hash": "c29tZXRoaW5nIGVsc2U"},
        *(without(name) for name in GOOD),
    ],
    ids=str,
)
def test_refuses_claims_that_do_not_hold(claims: dict[str, Any]) -> None:
    with pytest.raises((JoseError, ValueError, TypeError)):
        check(signed(claims))


def test_refuses_signatures_of_others() -> None:
    with pytest.raises(JoseError):
        check(signed(GOOD, key=OTHER_KEY))
    with pytest.raises(JoseError):
        check(signed(GOOD, header={"alg": "RS256", "kid": "two"}))
    token = signed(GOOD)
    with pytest.raises((JoseError, ValueError)):
        check(token[: token.rindex(".") + 1])


def test_refuses_algorithms_that_are_not_the_provider_s() -> None:
    # Signed with what everybody knows: the public key, as if it were a secret.
    _, payload, _ = signed(GOOD).split(".")
    header = encoded(json.dumps({"alg": "HS256", "kid": "one"}).encode())
    body = f"{header}.{payload}"
    mac = hmac.new(KEY.as_pem(private=False), body.encode(), "sha256").digest()
    with pytest.raises(JoseError):
        check(f"{body}.{encoded(mac)}")
    with pytest.raises(JoseError):
        check(signed(GOOD, header={"alg": "PS256", "kid": "one"}))
    # Not signed at all.
    with pytest.raises((JoseError, ValueError)):
        check(f"eyJhbGciOiJub25lIn0.{payload}.")


def test_refuses_what_is_no_token() -> None:
    for text in ("", "a", "a.b.c", "....", "\u00e9.\u00e9.\u00e9", "a" * (MAX_TOKEN + 1)):
        with pytest.raises((JoseError, ValueError)):
            check(text)


def test_the_present_is_that_of_the_clock() -> None:
    assert check(signed(GOOD | {"exp": int(time.time()) + 300, "iat": 1}), now=time.time())
