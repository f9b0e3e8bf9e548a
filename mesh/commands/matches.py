"""What `argus search` prints of an answer."""

import math
from collections.abc import Sequence
from typing import Any

from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2
from google.protobuf.json_format import MessageToDict
from rich.box import HORIZONTALS
from rich.table import Table

from mesh.client.names import printable
from mesh.client.videos import at_text
from mesh.commands.search_words import print_facets, say_matching
from mesh.commands.terminal import Terminal, say

_Request = search_pb2.SearchImagesRequest

NOTHING = "Nothing in your images matches that."


def as_json(answer: search_pb2.SearchImagesResponse) -> dict[str, Any]:
    """The answer as REST gives it, also what is empty."""
    found: dict[str, Any] = MessageToDict(answer, always_print_fields_with_no_presence=True)
    return found


def show(
    answer: search_pb2.SearchImagesResponse, parts: Sequence[str], *, like: str, confident: bool
) -> None:
    """Prints facets and matches, those that are more than chance above a line.

    No line is drawn where words have a say in the order: confident matches are anywhere then.

    Args:
        answer: The first page.
        parts: What was searched with, in the order of the examples.
        like: Id of the image that was searched with, which finds itself; empty if none was.
        confident: Whether only what is more than chance was asked for.
    """
    terminal = Terminal(fold=True)
    print_facets(terminal, answer)
    if not answer.matches:
        say_matching(answer)
        say(
            NOTHING
            if answer.HasField("cutoff") and confident
            else "No images were found. `argus import PATH…` imports some."
        )
        return
    known = answer.HasField("cutoff") and answer.matched_by != _Request.BOTH
    sure = answer.cutoff.confident_count
    itself = sum(match.image.image_id == like for match in answer.matches[:1])
    if known and sure <= itself:
        nothing = "Nothing else in your images is like that one." if itself else NOTHING
        say(nothing if confident else f"{nothing} The nearest are:")
    terminal.print(_table(answer, parts, line_after=sure if known else 0))
    say_matching(answer)
    if known and itself < sure < len(answer.matches):
        chance = f"{answer.cutoff.false_alarm_rate:.0%}"
        say(
            f"Below the line are less likely matches: {chance} of unrelated searches find "
            f"something at {answer.cutoff.score:.3f} or above."
        )
    if answer.text_truncated:
        say("The text is longer than the model can read; its end was ignored.")


def _table(
    answer: search_pb2.SearchImagesResponse, parts: Sequence[str], *, line_after: int
) -> Table:
    """The matches; a line stands after so many, if others follow."""
    known = answer.HasField("cutoff")
    labelled = any(match.image.labels for match in answer.matches)
    table = Table("#", "score", box=HORIZONTALS, show_edge=False)
    if known:
        table.add_column("sure", justify="right", no_wrap=True)
    table.add_column("file")
    table.add_column("pixels")
    # The id is what one copies for --like; the file name gives way to it.
    table.add_column("image id", no_wrap=True)
    if labelled:
        table.add_column("labels")
    is_folded = any(match.folded_count for match in answer.matches)
    if is_folded:
        table.add_column("alike", justify="right")
    is_explained = any(match.HasField("explanation") for match in answer.matches)
    if is_explained:
        table.add_column("score from")
    for rank, match in enumerate(answer.matches, start=1):
        image = match.image
        labels = " ".join(f"{key}={value}" for key, value in sorted(image.labels.items()))
        table.add_row(
            str(rank),
            f"{match.score:.3f}",
            *([_percent(match.confidence)] if known else []),
            named(image),
            f"{image.width}×{image.height}",
            image.image_id,
            *([labels] if labelled else []),
            *([f"+{match.folded_count}" if match.folded_count else ""] if is_folded else []),
            *([_why(match, parts)] if is_explained else []),
            end_section=rank == line_after,
        )
    return table


def named(image: image_pb2.Image) -> str:
    """An image's name; of a video's, the video's and the moment."""
    if not image.HasField("video"):
        return image.filename
    return f"{image.video.filename} @ {at_text(image.video.timestamp)}"


def _why(match: search_pb2.Match, parts: Sequence[str]) -> str:
    """What each part of the query has in a score; together they are the score. And where it is."""
    told = [
        f"{printable(parts[one.example])} {one.weight * one.score:+.3f}"
        for one in match.explanation.contributions
        if one.kind == search_pb2.Contribution.EXAMPLE and one.example < len(parts)
    ]
    told += [
        f"in {one.matched_region.left:.2f},{one.matched_region.top:.2f},"
        f"{one.matched_region.right:.2f},{one.matched_region.bottom:.2f}"
        for one in match.explanation.contributions
        if one.HasField("matched_region")
    ]
    return ", ".join(told)


def _percent(confidence: float) -> str:
    """A confidence, rounded down: never up to certainty, nor to the line from below it."""
    return ">99%" if confidence >= 0.995 else f"{math.floor(100 * confidence + 1e-4)}%"
