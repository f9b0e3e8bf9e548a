"""Matches as pictures: files in a folder and a page that shows them."""

import asyncio
import html
from collections.abc import Sequence
from pathlib import Path

import httpx
from argus.search.v1 import search_pb2

from mesh.errors import MeshError

_PAGE = """<!doctype html>
<meta charset="utf-8">
<title>{title}</title>
<style>
  body {{ font: 14px/1.4 system-ui, sans-serif; margin: 2rem; background: #fafafa; color: #222 }}
  main {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 1rem }}
  figure {{ margin: 0; padding: .5rem; background: #fff; border: 1px solid #ddd }}
  img {{ width: 100%; height: 180px; object-fit: contain }}
  figcaption {{ overflow-wrap: anywhere }}
</style>
<h1>{title}</h1>
<main>
{figures}
</main>
"""


async def save_gallery(matches: Sequence[search_pb2.Match], folder: Path, *, title: str) -> Path:
    """Saves the matches' pictures as `01-name.ext` …, best first, and a page that shows them.

    Returns:
        The page.

    Raises:
        MeshError: A picture cannot be fetched.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    names = [
        f"{rank:02d}-{safe_name(match.image.filename)}"
        for rank, match in enumerate(matches, start=1)
    ]
    async with (
        httpx.AsyncClient(timeout=60, trust_env=False) as http,
        asyncio.TaskGroup() as group,
    ):
        for match, name in zip(matches, names, strict=True):
            group.create_task(_save(http, match.image.content_url, folder / name))
    figures = [
        f'<figure><img src="{html.escape(name)}" alt="">'
        f"<figcaption>{match.score:.3f} · {html.escape(match.image.filename)}</figcaption></figure>"
        for match, name in zip(matches, names, strict=True)
    ]
    page = folder / "index.html"
    page.write_text(
        _PAGE.format(title=html.escape(title), figures="\n".join(figures)), encoding="utf-8"
    )
    return page


async def _save(http: httpx.AsyncClient, url: str, path: Path) -> None:
    try:
        answer = await http.get(url)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise MeshError(f"{path.name} could not be fetched: {error}") from error
    await asyncio.to_thread(path.write_bytes, answer.content)


def safe_name(filename: str) -> str:
    """A file name that stays inside its folder."""
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in filename).lstrip(".") or "image"
