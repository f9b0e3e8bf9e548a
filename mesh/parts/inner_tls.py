"""Where the parts' certificates for each other are, and how whoever runs the mesh shows its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc

from mesh.layout import Layout
from services.runtime.peers import OPERATOR, dns_name

SERVICES = ("auth", "storage", "embedder", "search", "inspection")
BALANCER = "edge-embedder"
"""What the edge shows to services that want the embedders: one, whichever it is."""


@dataclass(frozen=True)
class InnerTls:
    """The certificates of a mesh whose parts prove themselves to each other.

    Args:
        folder: Absolute path of their folder.
    """

    folder: Path

    @property
    def authority(self) -> Path:
        """The authority's certificate."""
        return self.folder / "authority.pem"

    def certificate(self, part: str) -> Path:
        """The certificate of a part."""
        return self.folder / f"{part}.pem"

    def key(self, part: str) -> Path:
        """Its key."""
        return self.folder / f"{part}.key"

    def discovered(self, name: str) -> Path:
        """Where Envoy finds one of those that it needs."""
        return self.folder / f"{name}.json"

    def channel(self, target: str, part: str) -> grpc.aio.Channel:
        """Opens a channel to a part, as whoever runs the mesh."""
        credentials = grpc.ssl_channel_credentials(
            self.authority.read_bytes(),
            self.key(OPERATOR).read_bytes(),
            self.certificate(OPERATOR).read_bytes(),
        )
        named = (("grpc.ssl_target_name_override", dns_name(part)),)
        return grpc.aio.secure_channel(target, credentials, options=named)


def inner_tls(layout: Layout, *, mtls: bool) -> InnerTls | None:
    """The certificates of a mesh; None if its parts trust this machine."""
    return InnerTls(layout.secrets / "mesh-tls") if mtls else None


def inner_channel(inner: InnerTls | None, target: str, part: str) -> grpc.aio.Channel:
    """Opens a channel to a part, as whoever runs the mesh, with TLS or without."""
    return inner.channel(target, part) if inner else grpc.aio.insecure_channel(target)


def inner_variables(inner: InnerTls | None, part: str) -> Mapping[str, str]:
    """Settings that tell a service of its files; empty ones if there are none."""
    return {
        "ARGUS_MTLS_CERTIFICATE": str(inner.certificate(part)) if inner else "",
        "ARGUS_MTLS_KEY": str(inner.key(part)) if inner else "",
        "ARGUS_MTLS_AUTHORITY": str(inner.authority) if inner else "",
    }
