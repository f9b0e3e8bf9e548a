"""What every answer of the edge carries."""

import json
from collections.abc import Mapping

_HSTS = "max-age=31536000"
_RATES = ("limit", "remaining", "reset")


def response_headers(*, hsts: bool) -> str:
    """Changes of the headers of answers, a list in YAML in one line (JSON is YAML).

    Args:
        hsts: Whether browsers shall never come without TLS again. It holds for all ports of a host,
            so not for an installation whose certificate nobody else trusts.
    """
    changes: list[Mapping[str, object]] = [
        _header("x-content-type-options", "nosniff", "OVERWRITE_IF_EXISTS_OR_ADD"),
        # The page, its files and what users stored say more themselves.
        _header("referrer-policy", "no-referrer"),
        _header("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
        _header("cross-origin-resource-policy", "same-site"),
        _header("cache-control", "no-store"),
    ]
    for name in _RATES:
        changes += [
            _header(f"ratelimit-{name}", f"%RESP(x-ratelimit-{name})%"),
            {"remove": f"x-ratelimit-{name}"},
        ]
    if hsts:
        value = f"%CEL(connection.tls_version != '' ? '{_HSTS}' : '')%"
        changes.append(_header("strict-transport-security", value))
    return json.dumps(changes)


def _header(name: str, value: str, action: str = "ADD_IF_ABSENT") -> Mapping[str, object]:
    return {"append": {"header": {"key": name, "value": value}, "append_action": action}}
