"""What a model's id says: its family, and the files of this machine that it is made of."""

import hashlib
import importlib
from pathlib import Path

from services.embedder.errors import ModelUnavailable

COMPACT = "compact"
TIMM = "timm:"
HUB = "hf-hub:"
LOCAL_DIR = "local-dir:"
OPEN_CLIP_CONFIG = "open_clip_config.json"

KINDS = (
    "`compact`, `<architecture>/<pretrained tag>` such as `ViT-B-32/laion2b_s34b_b79k`, "
    "`<architecture>/<path of a checkpoint>`, `hf-hub:<organisation>/<name>`, `timm:<name>` or "
    "`local-dir:<folder>`"
)


def family_of(source: str) -> str:
    """The package that builds and opens a model: `compact`, `open_clip` or `timm`.

    Raises:
        ModelUnavailable: if it is no model's id, or a local folder holds no model.
    """
    if source == COMPACT:
        return "compact"
    if source.startswith(TIMM) and source != TIMM:
        return "timm"
    if source.startswith(LOCAL_DIR):
        return _family_of_folder(source)
    if source.startswith(HUB) and source != HUB:
        return "open_clip"
    architecture, _, tag = source.partition("/")
    if not architecture or not tag:
        raise ModelUnavailable(f"{source!r} names no model: write {KINDS}")
    return "open_clip"


def local_path(source: str) -> Path | None:
    """The folder or checkpoint file that an id names; None if it names none that is there."""
    if source.startswith(LOCAL_DIR):
        path = Path(source.removeprefix(LOCAL_DIR)).expanduser()
        return path if path.is_dir() else None
    if source == COMPACT or source.startswith((TIMM, HUB)):
        return None
    path = Path(source.partition("/")[2]).expanduser()
    return path if path.is_file() else None


def absolute(source: str) -> str:
    """An id whose local path holds wherever the process was started."""
    path = local_path(source)
    if path is None:
        return source
    kind = LOCAL_DIR if source.startswith(LOCAL_DIR) else source.partition("/")[0] + "/"
    return kind + str(path.resolve())


def public_name(source: str) -> str:
    """The id that callers see: no path of this machine, only its last part."""
    path = local_path(source)
    if path is None:
        return source
    return absolute(source).removesuffix(str(path.resolve())) + path.resolve().name


def fingerprint(source: str) -> str:
    """Of what may change while the id stays: the recipe, and the files of this machine.

    Cheap: files' names, sizes and times stand for what is in them. `compact`
    says itself what it is made of.
    """
    family = family_of(source)
    if family == COMPACT:
        weights = importlib.import_module("services.embedder.models.compact.weights")
        version: str = weights.version()
        return version
    recipe = importlib.import_module(f"services.embedder.models.{family}.recipe").RECIPE
    digest = hashlib.sha256(recipe.encode())
    path = local_path(source)
    if path is not None:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            status = file.stat()
            digest.update(f"{file.name} {status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def _family_of_folder(source: str) -> str:
    folder = local_path(source)
    if folder is None:
        raise ModelUnavailable(f"the model {source!r} is not there: no such folder")
    if (folder / OPEN_CLIP_CONFIG).is_file():
        return "open_clip"
    if (folder / "config.json").is_file():
        return "timm"
    raise ModelUnavailable(
        f"the folder of {source!r} holds no model: it needs {OPEN_CLIP_CONFIG} (OpenCLIP) or "
        "config.json (timm), and the weights beside it"
    )
