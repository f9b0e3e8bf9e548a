"""What a request means: what the model is given, what names and labels are searched for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.runtime.text import is_blank
from services.search.errors import QueryEmpty
from services.search.model import Example, Matching, SearchRequest, TextQuery
from services.search.query.reading import MOST_NAMED, read_by
from services.search.query.words import Wanted, read_text

SHORT_FORM = "text"
"""Path of the text that is taken apart; texts of examples are read as they are."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A request as it is meant.

    Attributes:
        examples: What the model is given; empty if words alone order the images.
        numbers: Which of the request's examples these are.
        terms: Words to find in names and labels.
        having: Texts that these must have.
        lacking: Texts that they must not have.
        matching: What words may have to do with the order.
        unread_words: Words that the model cannot read.
    """

    examples: Sequence[Example]
    numbers: Sequence[int]
    terms: Sequence[str]
    having: Sequence[str]
    lacking: Sequence[str]
    matching: Matching
    unread_words: Sequence[str]


def understood(request: SearchRequest, model: str) -> Understood:
    """What a request means to a model.

    Words that the model cannot read are left out, and so are texts of such words alone, as long
    as something else is wanted. If nothing else is, names and labels alone are looked at;
    or, if they must not be, the model is given what it cannot read.

    Raises:
        QueryEmpty: A text has no words, or only leaves images out; or words are to count,
            and there is no text.
    """
    wanted = Wanted("", (), (), ())
    kept: list[tuple[int, Example]] = []
    unreadable: list[tuple[int, Example]] = []
    unread: dict[str, None] = {}
    has_text = False
    for number, example in enumerate(request.examples):
        if not isinstance(example.of, TextQuery):
            kept.append((number, example))
            continue
        text = example.of.text.strip()
        if example.field == SHORT_FORM:
            has_text = True
            wanted = read_text(text)
            text = wanted.text
            if wanted.lacking and is_blank(text) and len(request.examples) > 1:
                continue
        if is_blank(text):
            raise QueryEmpty("say in words what to look for", field=example.field)
        readable, missed = read_by(model, text)
        unread |= dict.fromkeys(missed)
        part = replace(example, of=TextQuery(readable or text))
        (kept if readable else unreadable).append((number, part))
    matching = _matching(request.matching, has_text=has_text)
    is_alone = not any(number for number, _ in kept) and len(request.examples) == 1
    if not any(example.weight > 0 for _, example in kept):
        if is_alone and matching in (Matching.AUTOMATIC, Matching.BOTH):
            matching = Matching.WORDS
        kept += unreadable
    if matching is Matching.WORDS and is_alone:
        kept = []
    kept.sort(key=lambda one: one[0])
    return Understood(
        [example for _, example in kept],
        [number for number, _ in kept],
        wanted.terms,
        wanted.having,
        wanted.lacking,
        matching,
        list(unread)[:MOST_NAMED],
    )


def _matching(asked: Matching, *, has_text: bool) -> Matching:
    if has_text:
        return asked
    if asked in (Matching.WORDS, Matching.BOTH):
        raise QueryEmpty("only `text` is matched by words; give one", field="matching")
    return Matching.MEANING
