"""Bounds on text before it is tokenized."""

# The longest token of the vocabularies in use is far shorter, so that what is cut away
# lies beyond the context.
MAX_CHARACTERS_PER_TOKEN = 64


def bounded(text: str, context_length: int) -> tuple[str, bool]:
    """Collapses white space and cuts what no context could hold.

    Tokenizers read the whole text before they cut it; a megabyte would take
    them seconds.

    Returns:
        The text to tokenize, and whether its end was cut.
    """
    limit = context_length * MAX_CHARACTERS_PER_TOKEN
    words = " ".join(text.split())
    return words[:limit], len(words) > limit
