"""HTML and SVG that are safe by how they are made: what is not markup already is escaped."""

from html import escape


class Markup(str):
    """Text that is HTML."""

    __slots__ = ()


def tag(
    name: str, /, *children: "str | Markup | None", **attributes: "str | float | bool"
) -> Markup:
    """An element.

    Args:
        name: Of the element.
        children: What is in it: markup as it is, other text escaped, None left out.
        attributes: `class_` and `for_` for what Python keeps for itself, `_` for `-`; False leaves
            one out, True names it alone.
    """
    head = "".join(
        f" {_attribute(key)}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not False
    )
    body = join(*children)
    if name in {"input", "link", "meta", "br"}:
        return Markup(f"<{name}{head}>")
    return Markup(f"<{name}{head}>{body}</{name}>")


def join(*children: "str | Markup | None") -> Markup:
    """One after the other."""
    return Markup(
        "".join(
            child if isinstance(child, Markup) else escape(child)
            for child in children
            if child is not None
        )
    )


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
