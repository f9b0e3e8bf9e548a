"""The process that takes one video apart: `python -m services.storage.videos.cutter FOLDER`.

In the folder are `video` and `asked.json`; it writes key frames and `result.json`, and says on its
output how far it is, a number a line. It ends when its input does: whoever started it is gone then.
"""

import json
import os
import resource
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av

from services.runtime.niceness import give_way
from services.storage.videos.bounds import Bounds
from services.storage.videos.shots import Unusable, take_apart

NICENESS = 10


def main() -> None:
    """Does what is asked in the folder that the first argument names."""
    folder = Path(sys.argv[1])
    asked: dict[str, Any] = json.loads((folder / "asked.json").read_text())
    _bound(asked["memory_bytes"], asked["most_s"])
    threading.Thread(target=_end_with_input, daemon=True).start()
    give_way(NICENESS)
    # What strangers' bytes make FFmpeg say is for nobody.
    av.logging.set_level(None)
    result: dict[str, Any]
    try:
        with (folder / "video").open("rb") as file:
            found = take_apart(
                file,
                folder,
                demuxer=asked["demuxer"],
                most=asked["most"],
                bounds=Bounds(**asked["bounds"]),
                tell=lambda part: print(f"{part:.4f}", flush=True),  # noqa: T201 - its protocol
            )
        result = asdict(found)
    except Unusable as unusable:
        result = {"reason": unusable.reason, "message": str(unusable)}
    (folder / "result.json").write_text(json.dumps(result))


def _bound(memory_bytes: int, most_s: float) -> None:
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, int(most_s) * (os.cpu_count() or 1)),
        *(((resource.RLIMIT_AS, memory_bytes),) if sys.platform == "linux" else ()),
    ):
        resource.setrlimit(what, (most, most))


def _end_with_input() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    main()
