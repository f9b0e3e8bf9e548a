"""Envoy with a configuration of one's own."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mesh.parts.edge import binary


@contextmanager
def running_envoy(file: Path, config: str) -> Iterator[None]:
    """Runs Envoy while the context lasts; it may not answer yet.

    Args:
        file: Where its configuration goes.
        config: YAML.
    """
    file.write_text(config)
    command = (
        str(binary()), "--config-path", str(file), "--concurrency", "1",
        "--disable-hot-restart", "--log-level", "error",
    )  # fmt: skip
    with subprocess.Popen(command) as envoy:
        try:
            yield
        finally:
            envoy.terminate()
