"""What an image takes over of what its file says in words."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping

from services.imaging.xmp import Described
from services.runtime.text import kept_label, kept_note

MAX_LABELS = 64
MAX_NOTE_CHARACTERS = 4000
MAX_VALUE_CHARACTERS = 255
RATING = "rating"
KEYWORD = "keyword."

_OTHERS = re.compile(r"[^a-z0-9_]+")


def labels_and_note(
    labels: Mapping[str, str], note: str, described: Described
) -> tuple[dict[str, str], str]:
    """Labels and note of an image of which its owner and its file say something.

    What the owner says counts: a label that is there stays, and so does a note. Of what the file
    says, the rating comes first, then keywords, as many as there is room for.
    """
    said: dict[str, str] = {}
    if described.rating is not None:
        said[RATING] = str(described.rating)
    for word in described.keywords:
        # Two keywords that only differ in what a key cannot have are one label.
        said.setdefault(keyword_key(word), kept_label(word[:MAX_VALUE_CHARACTERS]))
    found = dict(labels)
    for key, value in said.items():
        if len(found) >= MAX_LABELS:
            break
        found.setdefault(key, value)
    return found, note or note_of(described)


def note_of(described: Described) -> str:
    """Title and description as one text; a title that the description begins with is left out."""
    title, text = described.title, described.description
    if not title or text.casefold().startswith(title.casefold()):
        both = text
    else:
        both = f"{title}\n{text}".strip()
    return kept_note(both)[:MAX_NOTE_CHARACTERS]


def keyword_key(word: str) -> str:
    """The label's key of a keyword: its Latin letters and digits, or else a digest of it."""
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()
    slug = _OTHERS.sub("-", plain).strip("-")
    if not slug:
        slug = hashlib.blake2s(kept_label(word).encode(), digest_size=6).hexdigest()
    return f"{KEYWORD}{slug}"[:63].rstrip("-")
