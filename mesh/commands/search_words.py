"""What `argus search` says of words and of facets."""

from enum import StrEnum

from argus.search.v1 import search_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from mesh.client.names import printable
from mesh.commands.terminal import Terminal, say

_Request = search_pb2.SearchImagesRequest


class By(StrEnum):
    """What orders the images that a text looks for."""

    MEANING = "meaning"
    WORDS = "words"
    BOTH = "both"


MATCHINGS = {
    By.MEANING: _Request.MEANING,
    By.WORDS: _Request.WORDS,
    By.BOTH: _Request.BOTH,
}


def say_matching(answer: search_pb2.SearchImagesResponse) -> None:
    """Says what the scores are, where they are not those of meaning alone, and what was unread."""
    if answer.unread_words:
        words = ", ".join(printable(word) for word in answer.unread_words)
        say(f"The model cannot read {words}; file names and labels were searched for it.")
    if not answer.matches:
        return
    if answer.matched_by == _Request.WORDS:
        say("Ordered by words in file names and labels; the scores say how well they match.")
    elif answer.matched_by == _Request.BOTH:
        say("Ordered by meaning and by words in file names and labels; the scores are of meaning.")


def print_facets(terminal: Terminal, answer: search_pb2.SearchImagesResponse) -> None:
    """A table of each facet."""
    for facet in answer.facets:
        name = facet.label_key or "month"
        if not facet.values:
            say(f"No image has the label {printable(name)}.")
            continue
        table = Table(name, Column("images", justify="right"), box=SIMPLE_HEAD)
        for value in facet.values:
            table.add_row(value.value, f"{value.count:,}")
        if facet.more:
            table.add_row("…", "")
        terminal.print(table)
