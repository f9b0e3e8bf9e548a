"""How the object store is told to demand certificates at its inner ports."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CertificateFiles:
    """Where its certificates are, readable by their owner only.

    Args:
        folder: Absolute path of their folder.
    """

    folder: Path

    @property
    def authority(self) -> Path:
        """The authority's certificate."""
        return self.folder / "ca.pem"

    @property
    def certificate(self) -> Path:
        """The certificate of both ends of a connection."""
        return self.folder / "cert.pem"

    @property
    def key(self) -> Path:
        """Its private key."""
        return self.folder / "key.pem"


def certificate_variables(files: CertificateFiles) -> Mapping[str, str]:
    """Variables that have it demand and show certificates, over gRPC and HTTP."""
    shown = {"CERT": str(files.certificate), "KEY": str(files.key)}
    # Of gRPC there is one authority, of HTTP one for each server.
    return {
        "WEED_GRPC_CA": str(files.authority),
        **{
            f"WEED_GRPC_{part}_{what}": path
            for part in ("MASTER", "VOLUME", "FILER", "S3", "CLIENT")
            for what, path in shown.items()
        },
        **{
            f"WEED_HTTPS_{part}_{what}": path
            for part in ("MASTER", "VOLUME", "FILER", "CLIENT")
            for what, path in (*shown.items(), ("CA", str(files.authority)))
        },
        "WEED_HTTPS_CLIENT_ENABLED": "true",
    }
