"""Matches as pictures: files in a folder and a page that shows them."""

import asyncio
import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from argus.search.v1 import search_pb2

from mesh.client.connection import Connection
from mesh.client.names import printable, safe_name
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


@dataclass(frozen=True, slots=True)
class Gallery:
    """What was saved."""

    page: Path
    saved: int
    problems: list[tuple[str, str]]
    """File names of pictures that could not be saved, and why."""


async def save_gallery(
    connection: Connection, matches: Sequence[search_pb2.Match], folder: Path, *, title: str
) -> Gallery:
    """Saves the matches' pictures as `01-name.ext` …, best first, and a page that shows them.

    A picture that cannot be fetched or written is a problem and stops no other.

    Raises:
        MeshError: The folder or the page cannot be written.
    """
    names = [
        safe_name(f"{rank:02d}-{match.image.filename}")
        for rank, match in enumerate(matches, start=1)
    ]
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        async with connection.http(timeout_s=60) as http:
            outcomes = await asyncio.gather(
                *(
                    _save(http, match.image.content_url, folder / name)
                    for match, name in zip(matches, names, strict=True)
                )
            )
        page = folder / "index.html"
        figures = [
            _figure(match, name, problem)
            for match, name, problem in zip(matches, names, outcomes, strict=True)
        ]
        text = _PAGE.format(title=html.escape(printable(title)), figures="\n".join(figures))
        await asyncio.to_thread(page.write_text, text, encoding="utf-8")
    except OSError as error:
        raise MeshError(
            f"Pictures cannot be saved in {printable(str(folder))}: {error.strerror or error}."
        ) from error
    problems = [(name, why) for name, why in zip(names, outcomes, strict=True) if why]
    return Gallery(page, len(matches) - len(problems), problems)


async def _save(http: httpx.AsyncClient, url: str, path: Path) -> str:
    """Saves a picture; why not, if it cannot be."""
    try:
        answer = await http.get(url)
        answer.raise_for_status()
        await asyncio.to_thread(path.write_bytes, answer.content)
    except httpx.HTTPStatusError as error:
        return f"the object store answered {error.response.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"it could not be fetched: {error!r}"
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _figure(match: search_pb2.Match, name: str, problem: str) -> str:
    picture = (
        f"<p>{html.escape(problem)}</p>" if problem else f'<img src="{html.escape(name)}" alt="">'
    )
    caption = html.escape(printable(match.image.filename))
    return f"<figure>{picture}<figcaption>{match.score:.3f} · {caption}</figcaption></figure>"
