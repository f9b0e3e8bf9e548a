"""What every page has: the head, the way to the others, and filters."""

from collections.abc import Mapping, Sequence

from mesh.observe.markup import Markup, join, tag

_PAGES = (("/", "Traces"), ("/metrics", "Metrics"), ("/logs", "Logs"))


def page(title: str, here: str, *content: Markup | str | None) -> bytes:
    """A whole page.

    Args:
        title: Of the window.
        here: Which of the pages is meant, by its path.
        content: What is on it.
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} · Argus"),
        tag("link", rel="stylesheet", href="/observe.css"),
        tag("link", rel="icon", href="data:,"),
        tag("script", src="/observe.js", defer=True),
    )
    ways = (
        tag("a", name, href=path, **({"aria_current": "page"} if path == here else {}))
        for path, name in _PAGES
    )
    body = tag(
        "body",
        tag("a", "To the content", href="#content", class_="skip"),
        tag(
            "header",
            tag("strong", "Argus"),
            tag("nav", *ways, aria_label="Pages"),
            tag("label", tag("input", type="checkbox", id="live"), " Live", class_="live"),
        ),
        tag("main", *content, id="content", tabindex="-1"),
    )
    return b"<!doctype html>\n" + tag("html", head, body, lang="en").encode()


def filters(*fields: Markup, path: str) -> Markup:
    """A form that asks the same page again."""
    return tag(
        "form",
        *fields,
        tag("button", "Show"),
        tag("a", "All", href=path),
        action=path,
        class_="filters",
        role="search",
    )


def text_field(name: str, label: str, value: str, *, kind: str = "text", **more: str) -> Markup:
    """A field for words or numbers."""
    return tag("label", label, tag("input", type=kind, name=name, value=value, **more))


def choice(name: str, label: str, value: str, values: Sequence[str], none: str) -> Markup:
    """A field with what may be chosen; `none` stands for nothing chosen."""
    options = [
        tag("option", said, value=one, selected=one == value)
        for one, said in (("", none), *((one, one) for one in values))
    ]
    return tag("label", label, tag("select", *options, name=name))


def described(facts: Mapping[str, object]) -> Markup:
    """Names and values."""
    return tag(
        "dl",
        *(
            join(tag("dt", name), tag("dd", value if isinstance(value, Markup) else str(value)))
            for name, value in facts.items()
        ),
    )
