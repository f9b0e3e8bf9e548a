"""Looking things up in rendered manifests."""

from collections.abc import Iterable, Iterator
from typing import Any

from scripts.chart import Document

SECRET = "a-secret-of-the-cluster"
"""Every value of a Secret."""

COMPONENT = "app.kubernetes.io/component"


def of_kind(documents: Iterable[Document], kind: str) -> dict[str, Document]:
    """Those of a kind, by the part that they belong to."""
    return {part_of(one): one for one in documents if one["kind"] == kind}


def part_of(document: Document) -> str:
    return str(document["metadata"]["labels"][COMPONENT])


def containers(deployment: Document) -> Iterator[Any]:
    """Its containers, those that come first included."""
    pod = deployment["spec"]["template"]["spec"]
    yield from pod.get("initContainers", [])
    yield from pod["containers"]


def variables(container: Any) -> dict[str, str]:
    """What a container's process finds in its environment; secrets are all the same."""
    found = {one["name"]: one.get("value", SECRET) for one in container["env"]}
    assert len(found) == len(container["env"]), "said twice"
    return found


def selects(selector: Any, labels: Any) -> bool:
    """Whether a selector without expressions chooses what has these labels."""
    assert selector.keys() == {"matchLabels"}
    return bool(selector["matchLabels"].items() <= labels.items())
