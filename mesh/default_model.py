"""Which model a mesh embeds with if nothing else is asked for, kept between runs."""

from mesh.layout import Layout
from mesh.options import DEFAULT_MODEL


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
