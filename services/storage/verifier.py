"""Verification in a few threads, so that calls go on meanwhile."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from services.imaging.decode import ImageLimits
from services.runtime.errors import InvalidInput
from services.runtime.telemetry_contract import OUTCOME
from services.storage.model import Image, Verified
from services.storage.telemetry import StorageMetrics
from services.storage.verification import verify


class VerifierThreads:
    """`verify` off the event loop; the decoders let go of the interpreter.

    Args:
        threads: How many images are verified at once.
        limits: What an image may measure.
        metrics: Where outcomes are counted.
    """

    def __init__(
        self, threads: int, limits: ImageLimits, metrics: StorageMetrics | None = None
    ) -> None:
        self._threads = ThreadPoolExecutor(threads, "verify")
        self._limits = limits
        self._metrics = metrics or StorageMetrics()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def verify(self, content: bytes, declared: Image) -> Verified:
        """Verifies one image. Raises what `verification.verify` raises."""
        loop = asyncio.get_running_loop()
        started = time.monotonic()
        try:
            verified = await loop.run_in_executor(
                self._threads, verify, content, declared, self._limits
            )
        except InvalidInput as error:
            self._metrics.completions.add(1, {OUTCOME: error.reason})
            raise
        self._metrics.verification_s.record(time.monotonic() - started)
        self._metrics.completions.add(1, {OUTCOME: "kept"})
        return verified
