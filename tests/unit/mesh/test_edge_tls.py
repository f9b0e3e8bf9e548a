import datetime as dt
import socket
from pathlib import Path

import pytest
from cryptography import x509

from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.parts import edge_tls
from mesh.parts.edge_tls import authority_file, server_files


def names(file: Path) -> list[str]:
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(one.value) for one in said]


@pytest.fixture
def made(layout: Layout) -> Layout:
    layout.make()
    return layout


def test_what_was_made_is_kept(made: Layout) -> None:
    files = server_files(made, "127.0.0.1")
    before = [one.read_bytes() for one in (files.certificate, files.key, authority_file(made))]
    assert server_files(made, "127.0.0.1") == files
    after = [one.read_bytes() for one in (files.certificate, files.key, authority_file(made))]
    assert before == after


def test_another_address_has_another_certificate_by_the_same_authority(made: Layout) -> None:
    files = server_files(made, "127.0.0.1")
    authority = authority_file(made).read_bytes()
    assert {"localhost", "127.0.0.1", "::1"} <= set(names(files.certificate))
    server_files(made, "192.168.1.7")
    assert "192.168.1.7" in names(files.certificate)
    assert authority_file(made).read_bytes() == authority


@pytest.mark.parametrize("host", ["www.example.com", "a b"])
def test_the_authority_says_nothing_of_the_internet(made: Layout, host: str) -> None:
    assert host not in names(server_files(made, host).certificate)


def test_the_authority_may_speak_for_no_name_of_the_internet(made: Layout) -> None:
    server_files(made, "127.0.0.1")
    authority = x509.load_pem_x509_certificate(authority_file(made).read_bytes())
    held = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert held.critical
    permitted = {one.value for one in held.value.permitted_subtrees or ()}
    assert {"localhost", "local"} <= permitted <= {"localhost", "local", socket.gethostname()}


def test_what_ends_soon_is_renewed(made: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    files = server_files(made, "127.0.0.1")
    monkeypatch.setattr(edge_tls, "_RENEW_DAYS", 398)
    server_files(made, "127.0.0.1")
    first = files.certificate.read_bytes()
    monkeypatch.undo()
    server_files(made, "127.0.0.1")
    assert files.certificate.read_bytes() == first, "a year is enough"
    ends = x509.load_pem_x509_certificate(first).not_valid_after_utc
    assert ends - dt.datetime.now(dt.UTC) > dt.timedelta(days=390)


def test_files_of_the_operators_are_taken_as_they_are(
    made: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = server_files(made, "127.0.0.1")
    other = Layout.of(tmp_path / "other")
    other.make()
    stranger = server_files(other, "127.0.0.1")
    monkeypatch.setenv("ARGUS_TLS_CERTIFICATE", str(files.certificate))
    with pytest.raises(MeshError, match="only one is set"):
        server_files(made, "127.0.0.1")
    monkeypatch.setenv("ARGUS_TLS_KEY", str(files.key))
    taken = server_files(made, "www.example.com")
    assert (taken.certificate, taken.key, taken.own) == (files.certificate, files.key, False)
    monkeypatch.setenv("ARGUS_TLS_KEY", str(stranger.key))
    with pytest.raises(MeshError, match="is not the key of"):
        server_files(made, "127.0.0.1")
    monkeypatch.setenv("ARGUS_TLS_KEY", str(tmp_path / "nothing"))
    with pytest.raises(MeshError, match="cannot be read"):
        server_files(made, "127.0.0.1")
