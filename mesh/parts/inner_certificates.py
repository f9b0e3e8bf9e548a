"""Certificates by which the parts of a mesh know each other, made anew at each start.

The authority's key is never written: nobody can ever make another part, and what somebody copied is
worth nothing after the next start. Each certificate has one name, and may be shown only by the end
of a connection at which its part is.
"""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mesh.credentials import write_private
from mesh.parts.inner_tls import BALANCER, SERVICES, InnerTls
from services.runtime.peers import DOMAIN, EDGE, OPERATOR, dns_name

_CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
_SERVER = ExtendedKeyUsageOID.SERVER_AUTH
_AUTHORITY = "argus mesh authority"

# They end with the mesh, so its clock must not end them: RFC 5280, 4.1.2.5.
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_NO_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def make_inner_certificates(inner: InnerTls) -> None:
    """Writes an authority, and of each part a certificate and its key."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = (
        _builder(_AUTHORITY, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints([x509.DNSName(DOMAIN)], None), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    inner.folder.mkdir(mode=0o700, exist_ok=True)
    for file, part, usages in (
        *((service, service, (_SERVER, _CLIENT)) for service in SERVICES),
        (BALANCER, "embedder", (_SERVER,)),
        (EDGE, EDGE, (_CLIENT,)),
        (OPERATOR, OPERATOR, (_CLIENT,)),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(f"argus {part}", key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(dns_name(part))]), critical=False
            )
            .add_extension(x509.ExtendedKeyUsage(usages), critical=True)
            .sign(authority_key, hashes.SHA256())
        )
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(inner.key(file), secret.decode())
        write_private(inner.certificate(file), _pem(certificate))
    write_private(inner.authority, _pem(authority))


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _builder(subject: str, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(_AUTHORITY))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGINNING)
        .not_valid_after(_NO_END)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
