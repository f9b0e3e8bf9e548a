import ipaddress

import pytest

from services.inspection.line.allowed_targets import AllowedTargets, NotAllowed


def allowed(setting: str, url: str, *addresses: str) -> bool:
    """Whether a URL may be reached whose name means these addresses."""
    targets = AllowedTargets(setting)
    try:
        parts = targets.check_url(url)
        for one in addresses:
            port = parts.port or (443 if parts.scheme == "https" else 80)
            targets.check_address(parts.hostname or "", ipaddress.ip_address(one), port)
    except NotAllowed:
        return False
    return True


def test_nothing_is_allowed_that_nobody_named() -> None:
    for url in ("https://example.org/", "http://127.0.0.1/", "http://localhost/", "http://[::1]/"):
        assert not allowed("", url)
    assert not AllowedTargets("")
    assert not AllowedTargets(" , ")


@pytest.mark.parametrize(
    ("setting", "url", "addresses", "is_allowed"),
    [
        ("mes.example.org", "https://mes.example.org/hook?x=1", ["93.184.216.34"], True),
        ("mes.example.org", "http://MES.example.org./", ["10.3.0.7", "fd00::7"], True),
        ("mes.example.org", "https://mes.example.org:8443/", [], False),
        ("mes.example.org:8443", "https://mes.example.org:8443/", [], True),
        ("mes.example.org:8443", "https://mes.example.org/", [], False),
        ("mes.example.org:*", "http://mes.example.org:1/", [], True),
        ("mes.example.org", "https://x.mes.example.org/", [], False),
        ("mes.example.org", "https://mes.example.org.evil.org/", [], False),
        ("*.example.org", "https://a.b.example.org/", ["10.0.0.1"], True),
        ("*.example.org", "https://example.org/", [], False),
        ("*.example.org", "https://notexample.org/", [], False),
        # A name that points at this machine or its link gains nothing.
        ("mes.example.org", "https://mes.example.org/", ["127.0.0.1"], False),
        ("mes.example.org", "https://mes.example.org/", ["169.254.169.254"], False),
        ("mes.example.org", "https://mes.example.org/", ["::1"], False),
        ("mes.example.org", "https://mes.example.org/", ["::ffff:127.0.0.1"], False),
        ("mes.example.org", "https://mes.example.org/", ["0.0.0.0"], False),  # noqa: S104 - refused
        ("mes.example.org", "https://mes.example.org/", ["fe80::1"], False),
        ("mes.example.org, 127.0.0.0/8", "https://mes.example.org/", ["127.0.0.1"], True),
        ("10.3.0.0/16", "http://10.3.4.5/", ["10.3.4.5"], True),
        ("10.3.0.0/16", "http://10.4.0.1/", [], False),
        ("10.3.0.0/16", "http://plc7/", [], False),
        ("10.3.0.0/16, plc7", "http://plc7/", ["10.4.0.7"], True),
        ("10.3.0.7:9000", "http://10.3.0.7:9000/", ["10.3.0.7"], True),
        ("[fd00::]/8:*", "http://[fd00::9]:81/", ["fd00::9"], True),
        ("[fd00::]/8", "http://[fd00::9]:81/", [], False),
        ("fd00--x.example.org", "http://fd00--x.example.org/", [], True),
        # Other ways to write 127.0.0.1 are names here, and mean what they are resolved to.
        ("mes.example.org", "http://2130706433/", [], False),
        ("mes.example.org", "http://0x7f.1/", [], False),
    ],
)
def test_what_is_allowed(setting: str, url: str, addresses: list[str], is_allowed: bool) -> None:
    assert allowed(setting, url, *addresses) == is_allowed


@pytest.mark.parametrize(
    "url",
    [
        "", "mes.example.org", "ftp://mes.example.org/", "file:///etc/passwd", "https://",
        "https://user@mes.example.org/", "https://user:pass@mes.example.org/",
        "https://mes.example.org/#part", "https://mes.example.org:99999/",
        "https://mes.example.org\\@evil.org/", "https://mes.example.org/a b",
        "https://mes.example.org/\r\nx: y", "https://evil.org/.mes.example.org",
        "https://mes.example.org%2eevil.org/", "https://mes.example.org、evil.org/",
        "gopher://mes.example.org:80/_x", "https://[fe80::1%25eth0]/", "https://[::1/",
    ],
)  # fmt: skip
def test_what_is_no_url_of_an_allowed_host_is_refused(url: str) -> None:
    assert not allowed("mes.example.org:*", url)


@pytest.mark.parametrize(
    "setting",
    ["10.3.0.1/16", "10.3.0.0/33", "300.1.1.1", "a b", "mes:0", "mes:70000", "mes:x", "-x.org",
     "http://mes.example.org", "mes.example.org/hook", "*", "*.", "x.*", "[mes]/8:1"],
)  # fmt: skip
def test_a_setting_that_means_nothing_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match=r"is no host|has no port"):
        AllowedTargets(setting)
