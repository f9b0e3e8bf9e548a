"""What the edge proves itself with over TLS: files of the operator's, or a certificate of its own.

At the first start a mesh makes itself a certificate authority. Whoever trusts it trusts it for no
name of the internet, because its certificate says so. Addresses it cannot be held to: gRPC's TLS
takes no authority that is.
"""

import datetime as dt
import ipaddress
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mesh.credentials import write_private
from mesh.errors import MeshError
from mesh.layout import Layout

CERTIFICATE_VARIABLE = "ARGUS_TLS_CERTIFICATE"
KEY_VARIABLE = "ARGUS_TLS_KEY"

_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 397
"""Apple's systems take no longer ones."""

_RENEW_DAYS = 30
_Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class ServerFiles:
    """What the edge shows.

    Attributes:
        certificate: PEM file of the chain, the server's own first.
        key: PEM file of its key.
        own: Whether the mesh made them.
    """

    certificate: Path
    key: Path
    own: bool


def authority_file(layout: Layout) -> Path:
    """The certificate that clients of a mesh with a certificate of its own must trust."""
    return layout.tls / "authority.pem"


def server_files(layout: Layout, host: str) -> ServerFiles:
    """The files, made or renewed if they are the mesh's own.

    Args:
        layout: Where they are kept.
        host: Address or name that clients use, beside this machine's own names.

    Raises:
        MeshError: The operator's files are not there, or do not belong together.
    """
    certificate, key = os.environ.get(CERTIFICATE_VARIABLE), os.environ.get(KEY_VARIABLE)
    if certificate or key:
        return _operators(certificate, key)
    layout.tls.mkdir(exist_ok=True)
    now = dt.datetime.now(dt.UTC)
    authority, authority_key = _authority(layout, now)
    names = _names(host)
    made = ServerFiles(layout.tls / "server.pem", layout.secrets / "tls-server.key", own=True)
    if not _is_current(made, authority, names, now):
        fresh_key = ec.generate_private_key(ec.SECP256R1())
        issued = _issue(names, fresh_key, authority, authority_key, now)
        write_private(made.key, _pem(fresh_key))
        _write(made.certificate, issued)
    return made


def unnamed(public_url: str) -> list[str]:
    """A sentence for people, if the mesh's own certificate cannot name what they call it by."""
    host = urlsplit(public_url).hostname or ""
    if not public_url.startswith("https:") or os.environ.get(CERTIFICATE_VARIABLE):
        return []
    named = _names(host)
    try:
        wanted: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        wanted = x509.DNSName(host)
    if wanted in named:
        return []
    note = (
        f"The mesh's own certificate may not name {host}: set {CERTIFICATE_VARIABLE} and "
        f"{KEY_VARIABLE}, unless a proxy in front shows one."
    )
    return [note]


def _operators(certificate: str | None, key: str | None) -> ServerFiles:
    if not certificate or not key:
        raise MeshError(
            f"Of {CERTIFICATE_VARIABLE} and {KEY_VARIABLE} only one is set.",
            "Set both: a chain of certificates and its key, as PEM files.",
        )
    files = ServerFiles(Path(certificate).absolute(), Path(key).absolute(), own=False)
    advice = f"Correct {CERTIFICATE_VARIABLE} and {KEY_VARIABLE}."
    try:
        shown = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        secret = serialization.load_pem_private_key(files.key.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise MeshError(f"The files for TLS cannot be read: {error}", advice) from error
    if shown.public_key() != secret.public_key():
        raise MeshError(f"{files.key} is not the key of {files.certificate}.", advice)
    return files


def _authority(layout: Layout, now: dt.datetime) -> tuple[x509.Certificate, _Key]:
    """The authority, made at the first start; it is not replaced while it is good."""
    file, key_file = authority_file(layout), layout.secrets / "tls-authority.key"
    if file.exists() and key_file.exists():
        known = x509.load_pem_x509_certificate(file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        if isinstance(key, _Key) and _has_days(known, now):
            return known, key
    key = ec.generate_private_key(ec.SECP256R1())
    host = socket.gethostname()
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Argus"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Argus on {host}"[:64]),
        ]
    )
    permitted: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.DNSName("local")]
    permitted += [x509.DNSName(host)] if _is_name(host) else []
    made = (
        _builder(name, name, key, now, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_private(key_file, _pem(key))
    _write(file, made)
    return made, key


def _issue(
    names: Sequence[x509.GeneralName],
    key: _Key,
    authority: x509.Certificate,
    authority_key: _Key,
    now: dt.datetime,
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Argus edge")])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _builder(name, authority.subject, key, now, _SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: _Key, now: dt.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks of other machines may be behind.
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _is_current(
    files: ServerFiles,
    authority: x509.Certificate,
    names: Sequence[x509.GeneralName],
    now: dt.datetime,
) -> bool:
    """Whether the files may be used as they are."""
    if not (files.certificate.exists() and files.key.exists()):
        return False
    known = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    said = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    issuer = known.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    ours = x509.AuthorityKeyIdentifier.from_issuer_public_key(
        authority.public_key()  # type: ignore[arg-type] # the authority's key is elliptic
    )
    return list(said) == list(names) and issuer == ours and _has_days(known, now)


def _names(host: str) -> list[x509.GeneralName]:
    """This machine's names, and the one that clients use, as far as the authority may say them."""
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]
    for name in (socket.gethostname(), host):
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            allowed = name == socket.gethostname() or name.endswith((".local", ".localhost"))
            found: x509.GeneralName | None = (
                x509.DNSName(name) if allowed and _is_name(name) else None
            )
        else:
            found = None if address.is_unspecified else x509.IPAddress(address)
        if found is not None and found not in names:
            names.append(found)
    return names


def _is_name(name: str) -> bool:
    """Whether it can stand in a certificate as a DNS name."""
    return name.isascii() and all(part.replace("-", "").isalnum() for part in name.split("."))


def _has_days(certificate: x509.Certificate, now: dt.datetime) -> bool:
    return certificate.not_valid_after_utc - now > dt.timedelta(days=_RENEW_DAYS)


def _pem(key: _Key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _write(file: Path, certificate: x509.Certificate) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    fresh.replace(file)
