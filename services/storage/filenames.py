"""File names as they are kept, and as HTTP names a download."""

from urllib.parse import quote

from services.runtime.text import kept_filename
from services.storage.errors import FilenameInvalid

MAX_FILENAME_CHARACTERS = 255

_TAKEN_IN_QUOTES = frozenset(map(chr, range(0x20, 0x7F))) - frozenset('"\\%')
"""What every client reads in a quoted file name as it is."""


def clean_filename(filename: str) -> str:
    """A file name as it is kept (`kept_filename`).

    Raises:
        FilenameInvalid: Nothing is left, or more than `MAX_FILENAME_CHARACTERS`.
    """
    cleaned = kept_filename(filename)
    if not cleaned:
        raise FilenameInvalid("no file name is left without its folders", field="filename")
    if len(cleaned) > MAX_FILENAME_CHARACTERS:
        raise FilenameInvalid(
            f"the file name has {len(cleaned)} characters; "
            f"at most {MAX_FILENAME_CHARACTERS} are accepted, without its folders",
            field="filename",
        )
    return cleaned


def content_disposition(filename: str) -> str:
    """The header that has something shown where that is possible, and saved under a name.

    As RFC 6266 has it: `filename*` for names that need it, `filename` for clients that do not know
    that.
    """
    plain = "".join(one if one in _TAKEN_IN_QUOTES else "_" for one in filename)
    if plain == filename:
        return f'inline; filename="{plain}"'
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
