"""Which model a mesh embeds with: its id made whole, and the choice kept between runs."""

from pathlib import Path

from mesh.layout import Layout
from mesh.options import DEFAULT_MODEL

_LOCAL_DIR = "local-dir:"


def default_model(layout: Layout) -> str:
    """The model that was chosen for the next start, or the one that needs no choice."""
    try:
        return layout.model_file.read_text().strip() or DEFAULT_MODEL
    except FileNotFoundError:
        return DEFAULT_MODEL


def choose_model(layout: Layout, model: str) -> None:
    """Keeps a model for the next starts, whole or not at all."""
    layout.data_dir.mkdir(parents=True, exist_ok=True)
    fresh = layout.model_file.with_suffix(".new")
    fresh.write_text(f"{model}\n")
    fresh.replace(layout.model_file)


def whole_model(model: str) -> str:
    """The id with paths that do not depend on the current folder.

    `local-dir:FOLDER` and `ARCHITECTURE/CHECKPOINT` name files of this machine;
    the embedder runs in a folder of its own.
    """
    if model.startswith(_LOCAL_DIR):
        folder = Path(model.removeprefix(_LOCAL_DIR)).expanduser()
        # Without a folder there it may be one that was installed under this name.
        return f"{_LOCAL_DIR}{folder.resolve()}" if folder.is_dir() else model
    architecture, _, checkpoint = model.partition("/")
    file = Path(checkpoint).expanduser()
    if ":" not in architecture and checkpoint and file.is_file():
        return f"{architecture}/{file.resolve()}"
    return model
