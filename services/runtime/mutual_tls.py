"""What this process proves itself with to other parts of the mesh, and whom it believes.

Files are looked at again while the process runs: a certificate that was renewed is shown on the
next connection, and connections that are open stay.
"""

import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import grpc

from services.runtime.settings import RuntimeSettings

LOOK_EVERY_S = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files."""

    certificate: Path
    """The chain, this process's own first."""
    key: Path
    authority: Path
    """Who may say which part somebody is."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the files held."""

    certificate: bytes
    key: bytes
    authority: bytes


class MutualTls:
    """The files of a process, read when they change.

    Files that do not belong together, as in the midst of a renewal, are left until they do.

    Args:
        files: Where they are.
        clock: Seconds that only grow.

    Raises:
        OSError, ssl.SSLError: they cannot be used.
    """

    def __init__(self, files: TlsFiles, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._files = files
        self._clock = clock
        self._stamp = self._stamped()
        self._shown = self._read()
        self._looked_at = clock()

    def shown(self) -> Shown:
        """What the files hold, or held when they last could be used; the same object until then."""
        now = self._clock()
        if now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = now
            self._look()
        return self._shown

    def server_credentials(self) -> grpc.ServerCredentials:
        """For a server whose clients must prove themselves, too."""
        given = self.shown()

        def fresh() -> grpc.ServerCertificateConfiguration | None:
            nonlocal given
            if (found := self.shown()) is given:
                return None
            given = found
            return _configuration(found)

        return grpc.dynamic_ssl_server_credentials(
            _configuration(given),
            fresh,  # type: ignore[arg-type] # None says that nothing has changed
            require_client_authentication=True,
        )

    def _look(self) -> None:
        try:
            stamp = self._stamped()
            if stamp == self._stamp:
                return
            fresh = self._read()
        except (OSError, ssl.SSLError) as error:
            _log.warning("the renewed certificate cannot be used yet: %s", error)
            return
        self._stamp = stamp
        if fresh != self._shown:
            self._shown = fresh
            _log.info("shows the certificate that was renewed")

    def _stamped(self) -> tuple[tuple[int, int, int], ...]:
        paths = (self._files.certificate, self._files.key, self._files.authority)
        found = (path.stat() for path in paths)
        return tuple((one.st_mtime_ns, one.st_size, one.st_ino) for one in found)

    def _read(self) -> Shown:
        # OpenSSL says whether they belong together.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._files.certificate, self._files.key)
        context.load_verify_locations(self._files.authority)
        return Shown(
            self._files.certificate.read_bytes(),
            self._files.key.read_bytes(),
            self._files.authority.read_bytes(),
        )


def mutual_tls(settings: RuntimeSettings) -> MutualTls | None:
    """That of a service, if its settings name the files."""
    if not settings.mtls_certificate:
        return None
    return MutualTls(
        TlsFiles(
            Path(settings.mtls_certificate), Path(settings.mtls_key), Path(settings.mtls_authority)
        )
    )


def channel_credentials(shown: Shown) -> grpc.ChannelCredentials:
    """For a client that proves itself, too."""
    return grpc.ssl_channel_credentials(shown.authority, shown.key, shown.certificate)


def _configuration(shown: Shown) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration(
        [(shown.key, shown.certificate)], root_certificates=shown.authority
    )
