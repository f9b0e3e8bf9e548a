"""What rules say of images: which show the same part."""

from collections.abc import Iterable, Sequence
from typing import Any

import re2

from services.inspection.errors import PartPatternWrong
from services.inspection.model import PartRule
from services.inspection.ports import ImageNames

MOST_MEMORY = 2**20
"""Bytes that a pattern may take, compiled."""

LONGEST_NAME = 1024
"""Characters of a file name that a pattern is looked for in."""


def checked(rule: PartRule) -> PartRule:
    """The rule, if it can be followed.

    Raises:
        PartPatternWrong: its pattern is none, or has not exactly one group.
    """
    if rule.filename_pattern:
        _compiled(rule.filename_pattern)
    return rule


def keys_of(rule: PartRule, names: Sequence[ImageNames | None]) -> list[str | None]:
    """What each image has in common with others of its part; None if the rule says nothing of it.

    Args:
        rule: By label or by file name; another one says nothing.
        names: What each image is called; None if that is not known.
    """
    if rule.label:
        return [one.labels.get(rule.label) or None if one else None for one in names]
    if rule.filename_pattern:
        pattern = _compiled(rule.filename_pattern)
        found = (pattern.search(one.filename[:LONGEST_NAME]) if one else None for one in names)
        return [match.group(1) or None if match else None for match in found]
    return [None for _ in names]


def numbers_of(keys: Iterable[str | int | None]) -> list[int]:
    """A number for each key: the same for the same one, and one of its own for each None."""
    numbers: dict[str | int, int] = {}
    found: list[int] = []
    for place, key in enumerate(keys):
        # Places and numbers of keys are both below the number of keys: kept apart by the sign.
        found.append(-1 - place if key is None else numbers.setdefault(key, len(numbers)))
    return found


def _compiled(pattern: str) -> Any:  # noqa: ANN401 - RE2 has no types
    # RE2 takes time in proportion to the text, whatever the pattern.
    options = re2.Options()
    options.max_mem = MOST_MEMORY
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0] if error.args else b""
        words = said.decode(errors="replace") if isinstance(said, bytes) else said
        raise PartPatternWrong(
            f"the pattern is no regular expression (RE2): {words}", field="filename_pattern"
        ) from None
    if compiled.groups != 1:
        raise PartPatternWrong(
            f"the pattern has {compiled.groups} groups and needs one, such as ^([0-9]+)_",
            field="filename_pattern",
        )
    return compiled
