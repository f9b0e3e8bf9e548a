"""Where the edge listens and finds the services: on one machine, or by name in a cluster."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mesh.options import LOOPBACK
from mesh.supervision.ports import Ports

SERVICES = ("auth", "storage", "search", "inspection")
"""The services that have one address each, of which a name may have several."""

Address = tuple[str, int]
"""Host or DNS name, and port."""


@dataclass(frozen=True)
class Places:
    """Every address in the edge's configuration.

    Attributes:
        public: Where clients come in.
        internal: Where services reach the embedders; never public.
        admin: Where what is harmless of Envoy's admin answers; never public.
        jwks_port: A port of loopback, where the edge asks itself for keys.
        services: Where each of `SERVICES` is.
        embedders: Where the embedders are; a name stands for all its addresses.
        admin_names: Names beside this machine's own under which the admin's port answers, as in
            Envoy's `domains`.
    """

    public: Address
    internal: Address
    admin: Address
    jwks_port: int
    services: Mapping[str, Address]
    embedders: Sequence[Address]
    admin_names: Sequence[str] = ()

    def values(self) -> dict[str, object]:
        """What the template calls them."""
        host, port = self.admin
        own = (f"{name}{end}" for name in ("localhost", LOOPBACK) for end in ("", f":{port}"))
        return {
            **{
                f"{name.upper()}_{what}": value
                for name in SERVICES
                for what, value in zip(("HOST", "PORT"), self.services[name], strict=True)
            },
            "PUBLIC_ADDRESS": self.public[0],
            "PUBLIC_PORT": self.public[1],
            "ADMIN_ADDRESS": host,
            "ADMIN_PORT": port,
            "ADMIN_NAMES": json.dumps([*own, *self.admin_names]),
            "INTERNAL_ADDRESS": self.internal[0],
            "INTERNAL_PORT": self.internal[1],
            "JWKS_PORT": self.jwks_port,
            "EMBEDDER_ENDPOINTS": json.dumps([_endpoint(one) for one in self.embedders]),
        }


def of_machine(ports: Ports, host: str) -> Places:
    """The places of a mesh on one machine.

    Args:
        ports: Its own ports and those of the services.
        host: Address it listens on for clients.
    """
    return Places(
        public=(host, ports.edge),
        internal=(LOOPBACK, ports.internal),
        admin=(LOOPBACK, ports.admin),
        jwks_port=ports.jwks,
        services={name: (LOOPBACK, getattr(ports, name)) for name in SERVICES},
        embedders=[(LOOPBACK, port) for port in ports.embedders],
    )


def _endpoint(place: Address) -> Mapping[str, object]:
    """As Envoy's configuration has it; JSON is YAML."""
    host, port = place
    return {"endpoint": {"address": {"socket_address": {"address": host, "port_value": port}}}}
