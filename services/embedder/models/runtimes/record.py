"""What was measured on this machine, kept in the model's folder."""

import logging
import os
import tempfile
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from services.embedder.models.runtimes.candidate import Candidate, Measured
from services.embedder.models.runtimes.machine import machine_key

_TOWERS = TypeAdapter(dict[str, dict[str, Measured]])

_log = logging.getLogger(__name__)


class Record:
    """Measurements of a model's towers on this machine with so many threads.

    Args:
        folder: The model's.
        threads: How many threads a network may use.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        self.file = folder / f"choice-{machine_key(threads)}.json"

    def read(self, tower: str) -> dict[str, Measured]:
        """Measurements of a tower, by candidate; none if nothing readable is there."""
        return self._read().get(tower, {})

    def add(self, tower: str, measured: dict[Candidate, Measured]) -> None:
        """Adds measurements of a tower; where the folder cannot be written, they are made again."""
        towers = self._read()
        news = {str(candidate): value for candidate, value in measured.items()}
        towers[tower] = towers.get(tower, {}) | news
        try:
            handle, name = tempfile.mkstemp(prefix=".choice", dir=self.file.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(_TOWERS.dump_json(towers, indent=1))
            Path(name).chmod(0o644)
            Path(name).replace(self.file)
        except OSError as error:
            _log.warning(
                "%s cannot be written, so it is measured at every start: %s", self.file, error
            )

    def _read(self) -> dict[str, dict[str, Measured]]:
        try:
            return _TOWERS.validate_json(self.file.read_bytes())
        except (OSError, ValidationError):
            return {}
