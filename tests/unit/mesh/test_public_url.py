from pathlib import Path

import pytest

from mesh.credentials import Credentials
from mesh.errors import MeshError
from mesh.options import MeshOptions
from mesh.parts.edge_tls import unnamed
from mesh.public_url import host_of, public_origin
from mesh.supervision.plan import build_plan
from mesh.supervision.ports import Ports

NAMES = [name for name in Ports.model_fields if not name.startswith("more_")]
PORTS = Ports(**{name: 20000 + n for n, name in enumerate(NAMES)})
CREDENTIALS = Credentials(
    s3_access_key="a", s3_secret_key="b", service_secret="c" * 32, objects_signing_key="d"
)


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("", ""),
        ("https://argus.example.org", "https://argus.example.org"),
        ("https://Argus.Example.org:443/", "https://argus.example.org"),
        ("http://192.0.2.1:8080", "http://192.0.2.1:8080"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_an_origin_is_written_in_one_way(written: str, origin: str) -> None:
    assert public_origin(written) == origin
    assert public_origin(origin) == origin


@pytest.mark.parametrize(
    "written",
    [
        "argus.example.org",
        "ftp://argus.example.org",
        "https://",
        "https://argus.example.org/argus",
        "https://ada@argus.example.org",
        "https://argus.example.org?x",
        "https://argus.example.org:port",
        "https://b\u00fccher.example",
    ],
)
def test_what_is_no_origin_is_refused(written: str) -> None:
    with pytest.raises(MeshError, match=r"is (no|more than an)"):
        public_origin(written)


def test_a_host_has_its_port_where_that_is_not_usual() -> None:
    assert host_of("http://127.0.0.1:9000/x") == "127.0.0.1:9000"
    assert host_of("https://s3.example:443") == "s3.example"


def environment(options: MeshOptions, part: str) -> dict[str, str]:
    plan = build_plan(options, PORTS, CREDENTIALS)
    return dict(next(one for one in plan.parts if one.name == part).env)


def test_links_go_through_the_edge_and_are_signed_for_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ARGUS_S3_URL", "ARGUS_S3_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    options = MeshOptions(
        data_dir=tmp_path, host="192.0.2.1", public_url="https://argus.example.org"
    )
    storage = environment(options, "storage")
    assert storage["ARGUS_S3_PUBLIC_URL"] == "https://argus.example.org"
    assert storage["ARGUS_S3_SIGNED_HOST"] == f"127.0.0.1:{PORTS.objects}"
    # Nobody outside needs the store's own port any more.
    assert options.objects_host == "127.0.0.1"
    direct = environment(MeshOptions(data_dir=tmp_path, host="192.0.2.1"), "storage")
    assert direct["ARGUS_S3_PUBLIC_URL"] == f"http://192.0.2.1:{PORTS.objects}"
    assert direct["ARGUS_S3_SIGNED_HOST"] == ""


def test_an_external_store_is_behind_the_edge_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("URL", "https://s3.example"), ("ACCESS_KEY", "k"), ("SECRET_KEY", "s")):
        monkeypatch.setenv(f"ARGUS_S3_{name}", value)
    monkeypatch.delenv("ARGUS_S3_PUBLIC_URL", raising=False)
    options = MeshOptions(data_dir=tmp_path, public_url="https://argus.example.org")
    storage = environment(options, "storage")
    assert storage["ARGUS_S3_PUBLIC_URL"] == "https://argus.example.org"
    assert storage["ARGUS_S3_SIGNED_HOST"] == "s3.example"
    # Unless it has an address of its own for clients.
    monkeypatch.setenv("ARGUS_S3_PUBLIC_URL", "https://images.example")
    storage = environment(options, "storage")
    assert storage["ARGUS_S3_PUBLIC_URL"] == "https://images.example"
    assert storage["ARGUS_S3_SIGNED_HOST"] == ""


def test_a_certificate_that_cannot_name_the_host_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ARGUS_TLS_CERTIFICATE", raising=False)
    [note] = unnamed("https://argus.example.org")
    assert "ARGUS_TLS_CERTIFICATE" in note
    assert unnamed("https://192.0.2.1:8443") == unnamed("https://camera.local") == []
    assert unnamed("http://argus.example.org") == unnamed("") == []
    monkeypatch.setenv("ARGUS_TLS_CERTIFICATE", "/chain.pem")
    assert unnamed("https://argus.example.org") == []
