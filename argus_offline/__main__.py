"""`argus-offline`: inspects files with an exported version, where there is no mesh.

Exits as `argus inspect` does: with 0 if every image was inspected; with 1 if also
--fail-on-anomaly is given and an image is anomalous or uninspectable; with 2 if an image could
not be inspected or its pictures not be saved, or the file cannot be used.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from argus_offline.answer import as_json
from argus_offline.files import images_in
from argus_offline.inspector import OfflineInspector, open_file
from services.inspection.offline.errors import OfflineFileWrong
from services.inspection.pictures.overlay import OverlayFormat
from services.runtime.errors import ArgusError

ANOMALY_FOUND = 1
FAILED = 2
AT_ONCE = 2
"""Images under way: one is prepared while the network sees another."""

Answer = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Inspects what the arguments name; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return asyncio.run(_run(options))
    except (OfflineFileWrong, OSError) as error:
        words = error.strerror or error if isinstance(error, OSError) else error
        sys.stderr.write(f"{options.file}: {words}\n")
        return FAILED


def run() -> None:
    """The command `argus-offline`."""
    sys.exit(main())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "argus-offline", description="Inspects files with an exported version, without a mesh."
    )
    parser.add_argument("file", type=Path, help="version that `argus refset export` wrote")
    parser.add_argument("paths", type=Path, nargs="*", metavar="PATH", help="files and folders")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each image")
    parser.add_argument(
        "--save", type=Path, metavar="FOLDER", help="save each image with its heat map over it"
    )
    parser.add_argument(
        "--heatmap", type=Path, metavar="FOLDER", help="save the heat maps, as 16-bit PNG"
    )
    parser.add_argument(
        "--fail-on-anomaly", action="store_true", help="exit with 1 if an image is an alarm"
    )
    parser.add_argument("--cores", type=int, default=0, help="threads to use; all cores if 0")
    return parser


async def _run(options: argparse.Namespace) -> int:
    async with open_file(options.file, cores=options.cores) as inspector:
        if not options.paths:
            _about(inspector)
            return 0
        for folder in (options.save, options.heatmap):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
        paths = list(dict.fromkeys(images_in(options.paths)))
        answers: dict[int, Answer] = {}
        left, told = iter(enumerate(paths)), 0

        async def some() -> None:
            nonlocal told
            for index, path in left:
                answers[index] = await _inspected(inspector, path, index, options)
                while told in answers:
                    _tell(answers[told], as_json_lines=options.json)
                    told += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(some())
    if not answers or any("error" in one or "notSaved" in one for one in answers.values()):
        return FAILED
    alarm = any(one["verdict"] != "NORMAL" for one in answers.values())
    return ANOMALY_FOUND if options.fail_on_anomaly and alarm else 0


async def _inspected(
    inspector: OfflineInspector, path: Path, index: int, options: argparse.Namespace
) -> Answer:
    answer: Answer = {"file": str(path)}
    try:
        image = await asyncio.to_thread(path.read_bytes)
        found = await inspector.inspect(
            image,
            heatmap=options.heatmap is not None,
            overlay=OverlayFormat.WEBP if options.save is not None else None,
        )
    except OSError as error:
        words = error.strerror or str(error)
        return answer | {"error": {"reason": "FILE_UNREADABLE", "message": words}}
    except ArgusError as error:
        return answer | {"error": {"reason": error.reason, "message": error.message}}
    answer |= as_json(found)
    pictures = (
        (options.save, "overlay", "webp", found.overlay),
        (options.heatmap, "heatmap", "png", found.heatmap),
    )
    for folder, what, ending, content in pictures:
        if folder is not None and content:
            # Numbered: files of several folders may have one name.
            name = f"{index + 1:05}-{path.stem[:80]}.{what}.{ending}"
            try:
                (folder / name).write_bytes(content)
            except OSError as error:
                answer["notSaved"] = error.strerror or str(error)
            else:
                answer[what] = name
    return answer


def _tell(answer: Answer, *, as_json_lines: bool) -> None:
    if as_json_lines:
        line = json.dumps(answer)
    elif "error" in answer:
        line = f"failed         {answer['file']!r}: {answer['error']['message']}"
    else:
        line = (
            f"{answer['verdict'].lower():13}  score {answer['score']:.4g} of "
            f"{answer['threshold']:.4g}, p {answer['pValue']:.2g}, confidence "
            f"{answer['confidence']:.0%}, {len(answer['regions'])} regions  {answer['file']!r}"
        )
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _about(inspector: OfflineInspector) -> None:
    manifest, version = inspector.manifest, inspector.manifest.version
    threshold = version.threshold
    sys.stdout.write(
        f"set {manifest.set_name!r}, version {version.version} of {version.created_at:%Y-%m-%d}, "
        f"from {len(version.image_ids)} images\n"
        f"threshold {threshold.value:.6g}: false alarms {threshold.low:.2%} to {threshold.high:.2%}"
        f", asked for {threshold.target:.2%}\n"
        f"network {manifest.network.model} {manifest.network.version}, in {inspector.precision}"
        f" (in the mesh: {manifest.network.runtime or 'not known'})\n"
        f"weights: {manifest.network.licence}\n"
        f"made by Argus {manifest.made_by}\n"
    )


if __name__ == "__main__":
    run()
