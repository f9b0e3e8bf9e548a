"""Runs a worker: `python -m services.embedder.worker <socket's> <arena's> <configuration>`.

The first two are descriptors.
"""

import ctypes
import importlib
import logging
import os
import signal
import socket
import sys
import threading
import time

from services.embedder.errors import ModelUnavailable
from services.embedder.item import Kind, Priority
from services.embedder.model import Modality
from services.embedder.ports import EmbeddingModel
from services.embedder.worker.arena import Arena
from services.embedder.worker.config import WorkerConfig
from services.embedder.worker.frames import ANSWER, CANCEL, Answer, AnswerKind, Ready
from services.embedder.worker.job import Job
from services.embedder.worker.link import Link
from services.embedder.worker.memory import keep_freed_memory
from services.embedder.worker.pipeline import Pipeline
from services.runtime.logs import configure_logging

SWITCH_INTERVAL_S = 0.001
"""How long a thread may keep the interpreter from another: a text must not wait Python's 5 ms."""

BROKEN = 1
"""Exit code of a worker whose own code failed."""

STUCK = 70
"""Exit code of a worker that ended itself because a call took too long (EX_SOFTWARE)."""

_PR_SET_PDEATHSIG = 1

_log = logging.getLogger(__name__)


class Worker:
    """One model, the socket and the pipeline between them."""

    def __init__(self, config: WorkerConfig, connection: socket.socket, arena: Arena) -> None:
        self._config = config
        self._link = Link(connection, arena)
        self._pipeline: Pipeline | None = None

    def run(self) -> None:
        """Reads requests until the service is gone."""
        threading.Thread(target=self._open, name="load", daemon=True).start()
        for requests in self._link.requests():
            pipeline = self._pipeline
            if pipeline is None:
                raise RuntimeError("an item came before the model was ready")
            jobs: list[Job] = []
            for request, data in requests:
                if request.kind == CANCEL:
                    pipeline.submit(jobs)
                    jobs = []
                    pipeline.cancel(request.id)
                else:
                    kind, priority = Kind(request.kind), Priority(request.priority)
                    jobs.append(
                        Job(
                            request.id,
                            kind,
                            priority,
                            data,
                            request.patch_size,
                            request.patch_scale,
                            request.standard_levels,
                        )
                    )
            pipeline.submit(jobs)

    def _open(self) -> None:
        try:
            started = time.monotonic()
            model = _load(self._config)
            _log.info(
                "%s runs on %s (%s), loaded in %.1f s",
                model.info.model,
                model.runtime.name,
                model.runtime.reason,
                time.monotonic() - started,
            )
            pipeline = Pipeline(model, threads=self._config.threads, send=self._send)
            pipeline.start()
        except ModelUnavailable as error:
            self._tell(AnswerKind.UNAVAILABLE, str(error).encode())
            return
        except Exception as error:  # noqa: BLE001 - whatever a model raises, the service is told
            _log.exception("the model cannot be loaded")
            self._tell(AnswerKind.UNAVAILABLE, f"it cannot be loaded: {error!r}".encode())
            return
        self._pipeline = pipeline
        ready = Ready(
            model.runtime.name,
            model.runtime.reason,
            pipeline.image_window,
            pipeline.text_window if Modality.TEXT in model.info.modalities else 0,
        )
        self._tell(AnswerKind.READY, ready.pack())
        self._watch(pipeline)

    def _watch(self, pipeline: Pipeline) -> None:
        limit_s = self._config.call_timeout_s
        while pipeline.longest_call_s() < limit_s:
            time.sleep(min(limit_s / 4, 1))
        _log.error("one call took longer than %.0f s; the worker ends", limit_s)
        os._exit(STUCK)

    def _tell(self, kind: AnswerKind, payload: bytes) -> None:
        self._send([ANSWER.pack(*Answer(0, len(payload), kind)), payload])

    def _send(self, buffers: list[bytes | memoryview]) -> None:
        try:
            self._link.send(buffers)
        except OSError:
            os._exit(0)


def _load(config: WorkerConfig) -> EmbeddingModel:
    if config.factory:
        module, _, function = config.factory.partition(":")
        model: EmbeddingModel = getattr(importlib.import_module(module), function)(config)
        return model
    # Not needed where a factory is.
    from services.embedder.models.load import load_model  # noqa: PLC0415

    return load_model(
        config.folder,
        limits=config.limits,
        threads=config.threads,
        runtime=config.runtime,
        precision=config.precision,
    )


def _end(failed: threading.ExceptHookArgs) -> None:
    """Ends the worker when a thread of it ends; the service gives its items to a new one."""
    error = failed.exc_value
    _log.error(
        "a thread ended", exc_info=(failed.exc_type, error, failed.exc_traceback) if error else None
    )
    logging.shutdown()
    os._exit(BROKEN)


def main() -> None:
    """Runs a worker until its service is gone, and leaves without ceremony."""
    descriptor, arena, text = sys.argv[1:]
    config = WorkerConfig.from_json(text)
    # A terminal's Ctrl-C, or a signal to the whole group, is for the service: it drains first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform == "linux":
        # So that it goes even when it hangs and cannot see the socket's end.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    configure_logging("embedder-worker", config.log_level)
    threading.excepthook = _end
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    keep_freed_memory()
    try:
        Worker(config, socket.socket(fileno=int(descriptor)), Arena(int(arena))).run()
    except OSError:
        pass
    except Exception:  # noqa: BLE001 - the process ends here, and its log says why
        _log.exception("the worker ends")
    finally:
        logging.shutdown()
        # Threads are in the midst of native code; nothing here is worth an orderly end.
        os._exit(0)


if __name__ == "__main__":
    main()
