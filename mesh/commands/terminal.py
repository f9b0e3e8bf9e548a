"""What commands print: names and answers of a mesh as text, never as commands to the terminal."""

import json
import re
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from mesh.client.names import UNPRINTABLE, printable
from mesh.errors import MeshError


class SafeConsole(Console):
    """A console that obeys no control sequence, wherever text comes from: also quoted logs."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """The segments of anything that can be shown, each of them safe."""
        for segment in super().render(renderable, options):
            if segment.control or (segment.text.isascii() and segment.text.isprintable()):
                yield segment
            else:
                safe = "\n".join(printable(line) for line in segment.text.split("\n"))
                yield Segment(safe, segment.style)


class Terminal(SafeConsole):
    """A console for names and answers of a mesh.

    Strings are text: markup, emoji codes and links in them are not
    interpreted. What a terminal would obey becomes U+FFFD, in a string also
    the end of a line; use several calls, or a `Text`, for several lines.

    Args:
        stderr: Whether to print to standard error.
        fold: Whether to break lines at the terminal's width, for tables.
    """

    def __init__(self, *, stderr: bool = False, fold: bool = False) -> None:
        super().__init__(
            stderr=stderr, soft_wrap=not fold, markup=False, emoji=False, highlight=False
        )

    def render_str(self, text: str, **options: Any) -> Text:  # noqa: ANN401 - handed on
        """A string as text of one line."""
        return super().render_str(
            printable(text), **options | {"markup": False, "emoji": False, "highlight": False}
        )


def say(sentence: str, *, style: str | Style = "", stderr: bool = False) -> None:
    """Prints a sentence on a line of its own."""
    Terminal(stderr=stderr).print(sentence, style=style)


def tell_error(error: MeshError) -> None:
    """Prints to standard error what happened and what to do about it."""
    for text, style in ((str(error), "red"), (error.advice, "")):
        for line in text.split("\n") if text else ():
            say(line, style=style, stderr=True)


def print_json(value: Any) -> None:  # noqa: ANN401 - anything that JSON has
    """Prints JSON to standard output, characters that are not safe there as escapes.

    Bytes of file names that are not UTF-8 become U+FFFD, because JSON has no
    way to say them that all its readers take.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False)
    sys.stdout.write(UNPRINTABLE.sub(_in_json, text) + "\n")


def print_json_line(value: Any) -> None:  # noqa: ANN401 - anything that JSON has
    """Prints JSON to standard output as one line, at once, for programs that read along."""
    text = json.dumps(value, ensure_ascii=False)
    sys.stdout.write(UNPRINTABLE.sub(_in_json, text) + "\n")
    sys.stdout.flush()


def _in_json(found: re.Match[str]) -> str:
    character = found[0]
    if character == "\n":
        return character
    return "\ufffd" if "\ud800" <= character <= "\udfff" else f"\\u{ord(character):04x}"
