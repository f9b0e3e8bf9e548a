"""`python -m mesh.observe`: takes telemetry in and shows it, until it is told to stop."""

import logging
import signal
import sys
import threading

from mesh.observe.forwarding import Forwarder
from mesh.observe.log_files import following
from mesh.observe.receiver import receiver
from mesh.observe.recorder import Recorder
from mesh.observe.retention import Limits
from mesh.observe.server import Site, serving
from mesh.observe.settings import ObserveSettings


def main() -> None:
    """Runs until SIGTERM or SIGINT."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    settings = ObserveSettings()
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    settings.folder.mkdir(parents=True, exist_ok=True)
    limits = Limits(max_bytes=settings.bytes, max_age_s=settings.hours * 3600)
    with (
        Recorder(settings.folder / "observed.sqlite", limits) as recorder,
        Forwarder(settings.forward_url) as forwarder,
        receiver(settings.otlp_listen, recorder, forwarder),
        following(settings.logs, recorder),
        serving(
            settings.listen,
            Site(recorder.path, settings.key.get_secret_value(), lambda: recorder.lost),
        ) as address,
    ):
        logging.getLogger(__name__).info("page on %s", address)
        stop.wait()


if __name__ == "__main__":
    main()
