"""Whether an ID token holds (OpenID Connect Core 1.0, section 3.1.3.7)."""

from collections.abc import Mapping, Sequence

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

CLOCK_SKEW_S = 60
"""By so much the provider's clock may differ from this machine's."""

MAX_TOKEN = 65_536


def check_id_token(
    token: str,
    keys: KeySet,
    *,
    algorithms: Sequence[str],
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str,
    now: float,
) -> Mapping[str, object]:
    """The claims of an ID token that holds: signature, `iss`, `aud`, `azp`, `exp`, `iat`, `nonce`.

    Args:
        token: The token.
        keys: The issuer's.
        algorithms: Those that it may be signed with.
        issuer: Who must have issued it.
        client_id: For whom.
        nonce: What the sign-in was begun with.
        access_token: What came with it; checked if the token has its hash.
        now: Seconds since 1970.

    Raises:
        JoseError: it does not hold.
        ValueError: it is no token.
    """
    if len(token) > MAX_TOKEN:
        raise ValueError("the ID token is too long")
    decoded = jwt.decode(token, keys, algorithms=algorithms)
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": client_id},
            "sub": {"essential": True},
        },
        params={"nonce": nonce, "client_id": client_id, "access_token": access_token},
    )
    claims.validate(int(now), CLOCK_SKEW_S)
    return dict(claims)
