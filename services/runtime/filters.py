"""The filter language of lists and searches: a subset of AIP-160.

    filter     = [ expression ]
    expression = factor { "AND" factor }
    factor     = term { "OR" term }
    term       = [ "NOT" ] ( "(" expression ")" | comparison | has )
    comparison = field ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
    has        = "labels" ":" value | field ":" value
    field      = name | "labels." key
    value      = bare word | "quoted" | 'quoted'

As AIP-160 has it, OR binds more tightly than AND: `a = 1 AND b = 2 OR c = 3`
means `a = 1 AND (b = 2 OR c = 3)`. Values are compared as text, exactly and
with regard to case; only times and numbers have an order. Times are written as
RFC 3339 has it, numbers as whole ones. `field:value` asks for words in a field
that is known by its words. In quotes, a backslash takes the next character as
it is.

A label that an image does not have is neither equal nor unequal to anything:
`labels.line != 3` finds the images that have the label with another value,
`NOT labels.line = 3` also those without it.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from services.runtime.errors import InvalidInput

MAX_FILTER_LENGTH = 2048
MAX_FILTER_DEPTH = 16
MAX_FILTER_CONDITIONS = 64

LABELS = "labels"
Operator = Literal["=", "!=", "<", "<=", ">", ">="]


class Times:
    """What a field holds whose values are times."""


class Numbers:
    """What a field holds whose values are whole numbers."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a field holds that is text, and can also be asked for by its words.

    Attributes:
        of: The words of a text; none if it has none.
        whole: Whether it can be compared as a whole, too.
    """

    of: Callable[[str], Collection[str]]
    whole: bool = True


TIME: Final = Times()
NUMBER: Final = Numbers()
Values = Collection[str] | Times | Numbers | Words | None
"""The values that a field can have: these, times, numbers, or any text."""

_LABEL_KEY = re.compile(r"[a-z][a-z0-9_.-]{0,62}")
_KEYWORDS = frozenset({"AND", "OR", "NOT"})

_EQUALITY: Final[tuple[Operator, ...]] = ("=", "!=")
_OPERATORS: Final[tuple[Operator, ...]] = (*_EQUALITY, "<", "<=", ">", ">=")
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)

_NUMBER = re.compile(r"-?[0-9]{1,15}")

_TOKEN = re.compile(
    r"""
    \s*(?:
      (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<mark>!=|<=|>=|=|<|>|:|\(|\))
    | (?P<word>[^\s"'()=!:<>,*]+)
    )
    """,
    re.VERBOSE | re.DOTALL,
)


class FilterError(InvalidInput):
    """The filter cannot be read; the message says what and where."""

    reason = "INVALID_FILTER"

    def __init__(self, message: str, position: int) -> None:
        super().__init__(
            f"filter, character {position + 1}: {message}",
            field="filter",
            metadata={"position": str(position)},
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field is, or is not, a value.

    Attributes:
        field: Name of the field; `labels` for a label.
        key: Key of the label; empty for other fields.
        op: How to compare.
        value: What to compare with.
    """

    field: str
    key: str
    op: Operator
    value: str


@dataclass(frozen=True, slots=True)
class Has:
    """There is a label with this key, whatever its value."""

    key: str


@dataclass(frozen=True, slots=True)
class Contains:
    """A field has these words, next to each other and in this order.

    Attributes:
        field: Name of the field.
        value: The words, as they were written; one at least.
    """

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class And:
    """All terms hold; two at least."""

    terms: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of the terms holds; two at least."""

    terms: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The term does not hold."""

    term: "Filter"


Filter = Comparison | Has | Contains | And | Or | Not
"""A filter that was read."""


def read_time(text: str) -> datetime:
    """Reads a time as RFC 3339 has it, such as `2026-03-01T00:00:00Z`.

    Raises:
        ValueError: It is none, or says no offset from UTC.
    """
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no time with an offset from UTC")
    # Python counts microseconds, as PostgreSQL does; what is finer is cut off.
    fraction = f"{found[2] or '.'}000000"[:7]
    return datetime.fromisoformat(f"{found[1]}{fraction}{found[3]}").astimezone(UTC)


def parse_filter(text: str, fields: Mapping[str, Values]) -> Filter | None:
    """Reads a filter.

    Args:
        text: The filter; at most `MAX_FILTER_LENGTH` characters.
        fields: Fields that may be named, with the values that they can have;
            None where any will do, `TIME` where times are compared, `NUMBER` where
            numbers are, `Words` where words can be asked for too. `labels` allows labels,
            with any value.

    Returns:
        The tree, or None for an empty filter.

    Raises:
        FilterError: It is too long, too deep, has too many conditions, names an
            unknown field or value, or does not follow the grammar.
    """
    if len(text) > MAX_FILTER_LENGTH:
        raise FilterError(f"longer than {MAX_FILTER_LENGTH} characters", MAX_FILTER_LENGTH)
    if (position := text.find("\0")) >= 0:
        raise FilterError("a NUL character cannot be compared", position)
    tokens = _tokenize(text)
    if tokens[0].kind == "end":
        return None
    return _Parser(tokens, fields).parse()


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of a filter: `text` is the value without quotes and escapes."""

    kind: Literal["string", "mark", "word", "end"]
    text: str
    position: int

    def is_mark(self, *marks: str) -> bool:
        return self.kind == "mark" and self.text in marks

    def is_keyword(self, keyword: str) -> bool:
        return self.kind == "word" and self.text == keyword

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else f"`{self.text}`"


def _tokenize(text: str) -> list[_Token]:
    tokens = []
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            position += len(text[position:]) - len(text[position:].lstrip())
            raise FilterError(_why_unreadable(text[position]), position)
        position = match.end()
        if (string := match["string"]) is not None:
            value = re.sub(r"\\(.)", r"\1", string[1:-1], flags=re.DOTALL)
            tokens.append(_Token("string", value, match.start("string")))
        elif (mark := match["mark"]) is not None:
            tokens.append(_Token("mark", mark, match.start("mark")))
        else:
            tokens.append(_Token("word", match["word"], match.start("word")))
    tokens.append(_Token("end", "", end))
    return tokens


def _why_unreadable(character: str) -> str:
    if character in "\"'":
        return "this quote is never closed"
    if character == "*":
        return "there are no wildcards; quote a value that contains `*`"
    return f"unexpected `{character}`; quote a value that contains it"


class _Parser:
    """Recursive descent over the tokens; one method for each rule."""

    def __init__(self, tokens: list[_Token], fields: Mapping[str, Values]) -> None:
        self._tokens = tokens
        self._fields = fields
        self._next = 0
        self._conditions = 0

    def parse(self) -> Filter:
        tree = self._expression(depth=0)
        if (rest := self._peek()).kind != "end":
            if rest.is_mark(")"):
                raise FilterError("this `)` closes nothing", rest.position)
            raise FilterError(f"expected AND or OR before {rest}", rest.position)
        return tree

    def _expression(self, depth: int) -> Filter:
        terms = [self._factor(depth)]
        while self._peek().is_keyword("AND"):
            self._take()
            terms.append(self._factor(depth))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _factor(self, depth: int) -> Filter:
        terms = [self._term(depth)]
        while self._peek().is_keyword("OR"):
            self._take()
            terms.append(self._term(depth))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _term(self, depth: int) -> Filter:
        token = self._peek()
        if token.is_keyword("NOT"):
            self._take()
            return Not(self._simple(depth))
        return self._simple(depth)

    def _simple(self, depth: int) -> Filter:
        token = self._peek()
        if not token.is_mark("("):
            return self._condition()
        if depth >= MAX_FILTER_DEPTH:
            raise FilterError(
                f"parentheses nest deeper than {MAX_FILTER_DEPTH} levels", token.position
            )
        self._take()
        inner = self._expression(depth + 1)
        if not (closing := self._take()).is_mark(")"):
            raise FilterError(
                f"expected `)` for the `(` at character {token.position + 1}, found {closing}",
                closing.position,
            )
        return inner

    def _condition(self) -> Filter:
        token = self._take()
        if token.kind != "word" or token.text in _KEYWORDS:
            raise FilterError(f"expected a field, found {token}", token.position)
        self._conditions += 1
        if self._conditions > MAX_FILTER_CONDITIONS:
            raise FilterError(f"more than {MAX_FILTER_CONDITIONS} conditions", token.position)
        field, _, key = token.text.partition(".")
        if field == LABELS and LABELS in self._fields:
            return self._label(token, key)
        if token.text not in self._fields:
            raise FilterError(
                f"there is no field {token}; there are {self._known_fields()}", token.position
            )
        allowed = self._fields[token.text]
        if isinstance(allowed, Times):
            return self._time(token)
        if isinstance(allowed, Numbers):
            return self._number(token)
        if isinstance(allowed, Words):
            return self._text(token, allowed)
        op = self._operator(token)
        value = self._value()
        if allowed is not None and value.text not in allowed:
            raise FilterError(
                f"{token} is never {value}; it is one of {', '.join(sorted(allowed))}",
                value.position,
            )
        return Comparison(token.text, "", op, value.text)

    def _time(self, field: _Token) -> Comparison:
        op = self._operator(field, ordered=True)
        value = self._value()
        try:
            read_time(value.text)
        except (ValueError, OverflowError):
            raise FilterError(
                f'{value} is no time; write it as "2026-03-01T00:00:00Z"', value.position
            ) from None
        return Comparison(field.text, "", op, value.text)

    def _number(self, field: _Token) -> Comparison:
        op = self._operator(field, ordered=True)
        value = self._value()
        if not _NUMBER.fullmatch(value.text):
            raise FilterError(f"{value} is no whole number of at most 15 digits", value.position)
        return Comparison(field.text, "", op, value.text)

    def _text(self, field: _Token, words: Words) -> Filter:
        if not self._peek().is_mark(":"):
            if not words.whole:
                asked = self._peek()
                raise FilterError(
                    f'{field} is asked for its words, as in `{field.text}:"two words"`',
                    asked.position,
                )
            op = self._operator(field)
            return Comparison(field.text, "", op, self._value().text)
        self._take()
        value = self._value()
        if not words.of(value.text):
            raise FilterError(f"{value} has no word", value.position)
        return Contains(field.text, value.text)

    def _label(self, token: _Token, key: str) -> Filter:
        if self._peek().is_mark(":"):
            if token.text != LABELS:
                raise FilterError(f"to ask for a label, write `{LABELS}:{key}`", token.position)
            self._take()
            asked = self._value()
            return Has(self._label_key(asked.text, asked.position))
        if token.text == LABELS:
            raise FilterError(f"write `{LABELS}.<key> = value` or `{LABELS}:<key>`", token.position)
        key = self._label_key(key, token.position)
        op = self._operator(token)
        return Comparison(LABELS, key, op, self._value().text)

    def _label_key(self, key: str, position: int) -> str:
        if not _LABEL_KEY.fullmatch(key):
            raise FilterError(
                f"`{key}` is no label key; keys are lower-case letters, digits, `_`, `-` and `.`,"
                " start with a letter and have at most 63 characters",
                position,
            )
        return key

    def _operator(self, field: _Token, *, ordered: bool = False) -> Operator:
        token = self._take()
        for op in _OPERATORS:
            if token.is_mark(op):
                if op not in _EQUALITY and not ordered:
                    raise FilterError(f"only `=` and `!=` compare {field}", token.position)
                return op
        raise FilterError(f"expected `=` or `!=` after {field}, found {token}", token.position)

    def _value(self) -> _Token:
        token = self._take()
        if token.kind == "string" or (token.kind == "word" and token.text not in _KEYWORDS):
            return token
        raise FilterError(f"expected a value, found {token}", token.position)

    def _known_fields(self) -> str:
        names = sorted(f"{LABELS}.<key>" if name == LABELS else name for name in self._fields)
        return ", ".join(names)

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        if token.kind != "end":
            self._next += 1
        return token
