"""Where the edge listens and finds the services: on one machine, or by name in a cluster."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mesh.options import LOOPBACK
from mesh.supervision.ports import Ports

SERVICES = ("auth", "storage", "embedder", "search", "inspection")
"""What stands behind the edge."""

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
        services: Where the replicas of each of `SERVICES` are; a name stands for all its addresses.
        admin_names: Names beside this machine's own under which the admin's port answers, as in
            Envoy's `domains`.
    """

    public: Address
    internal: Address
    admin: Address
    jwks_port: int
    services: Mapping[str, Sequence[Address]]
    admin_names: Sequence[str] = ()

    def values(self) -> dict[str, object]:
        """What the template calls them."""
        host, port = self.admin
        own = (f"{name}{end}" for name in ("localhost", LOOPBACK) for end in ("", f":{port}"))
        return {
            **{
                f"{name.upper()}_ENDPOINTS": json.dumps([_endpoint(one) for one in replicas])
                for name, replicas in self.services.items()
            },
            "PUBLIC_ADDRESS": self.public[0],
            "PUBLIC_PORT": self.public[1],
            "ADMIN_ADDRESS": host,
            "ADMIN_PORT": port,
            "ADMIN_NAMES": json.dumps([*own, *self.admin_names]),
            "INTERNAL_ADDRESS": self.internal[0],
            "INTERNAL_PORT": self.internal[1],
            "JWKS_PORT": self.jwks_port,
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
        services={name: [(LOOPBACK, port) for port in ports.of(name)] for name in SERVICES},
    )


def _endpoint(place: Address) -> Mapping[str, object]:
    """As Envoy's configuration has it; JSON is YAML."""
    host, port = place
    return {"endpoint": {"address": {"socket_address": {"address": host, "port_value": port}}}}
