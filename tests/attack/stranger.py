"""Somebody who speaks HTTP/2 by hand, at a mesh."""

import ssl

from bench.attack import stranger
from tests.support.mesh import Mesh


class Stranger(stranger.Stranger):
    """One HTTP/2 connection to the edge of a mesh; see `bench.attack.stranger`."""

    def __init__(
        self, mesh: Mesh, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(mesh.port, address, tls)
