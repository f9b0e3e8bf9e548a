"""The picture as data is the picture, and the network policies allow just that."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from scripts.chart import CHART, SETTINGS, Document
from tests.unit.k8s.manifests import of_kind, selects
from tests.unit.k8s.variants import EVERYTHING

PICTURE = yaml.safe_load((CHART / "files" / "arrows.yaml").read_text())
ARCHITECTURE = Path(__file__).parents[3] / "docs" / "architecture.md"
Variant = Callable[[str], list[Document]]


class Way(NamedTuple):
    """What may connect to what, at which port; protocols but TCP are named."""

    source: str
    target: str
    port: int | str


# As the stores' addresses in the values say.
OUTER: dict[str, dict[str, list[int | str]]] = {
    "defaults": {
        "postgres": [5432], "redis": [6379], "objects": [9000], "qdrant": [6333, 6334],
        "dns": [53, "UDP 53"],
    },
    "everything": {
        "postgres": [5433], "redis": [6379], "objects": [443], "qdrant": [443, 444],
        "dns": [53, "UDP 53"], "collector": [4317], "hub": [443], "mail": [465],
        "receivers": [443, 8443],
    },
}  # fmt: skip
SWITCHED_ON: dict[str, set[str]] = {
    "defaults": set(),
    "everything": {"tls", "monitoring", "telemetry", "hub", "mail", "webhooks"},
}


def drawn(name: str) -> set[Way]:
    """The arrows of a variant as connections, those from and to elsewhere included."""
    ways = set()
    for arrow in PICTURE["arrows"]:
        if arrow.get("when") not in {None, *SWITCHED_ON[name]}:
            continue
        source, target = arrow["from"], arrow.get("through", arrow["to"])
        if target in PICTURE["parts"]:
            port = "internal" if "through" in arrow else arrow.get("port", "grpc")
            ways.add(Way(source, target, PICTURE["parts"][target][port]))
        else:
            ways |= {Way(source, target, outer) for outer in OUTER[name][target]}
    return ways


def sides(documents: list[Document], side: str) -> Iterator[tuple[str, Any, int | str]]:
    """Part, peers (None: anyone) and port of each rule of all policies."""
    for part, policy in of_kind(documents, "NetworkPolicy").items():
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        for rule in policy["spec"][side] or []:
            peers = rule.get("from" if side == "ingress" else "to")
            for port in rule["ports"]:
                udp = "UDP " if port["protocol"] == "UDP" else ""
                yield part, peers, f"UDP {port['port']}" if udp else port["port"]


def parts_in(documents: list[Document], peers: Any) -> set[str]:
    """Parts of Argus that a rule's peers are; none if they are elsewhere."""
    labels = {
        part: one["spec"]["template"]["metadata"]["labels"]
        for part, one in of_kind(documents, "Deployment").items()
    }
    return {
        part
        for peer in peers or []
        if peer.keys() == {"podSelector"}
        for part, those in labels.items()
        if selects(peer["podSelector"], those)
    }


@pytest.mark.parametrize("name", SWITCHED_ON)
def test_parts_reach_each_other_along_the_arrows_and_no_others(variant: Variant, name: str) -> None:
    documents = variant(name)
    out = {
        Way(source, target, port)
        for source, peers, port in sides(documents, "egress")
        for target in parts_in(documents, peers)
    }
    into = {
        Way(source, target, port)
        for target, peers, port in sides(documents, "ingress")
        for source in parts_in(documents, peers)
    }
    within = {way for way in drawn(name) if {way.source, way.target} <= PICTURE["parts"].keys()}
    assert out == within
    # A connection needs both ends' leave.
    assert into == within


@pytest.mark.parametrize("name", SWITCHED_ON)
def test_they_reach_what_is_elsewhere_along_the_arrows(variant: Variant, name: str) -> None:
    documents = variant(name)
    parts = PICTURE["parts"].keys()
    out = {
        (source, port)
        for source, peers, port in sides(documents, "egress")
        if not parts_in(documents, peers)
    }
    into = {
        (target, port)
        for target, peers, port in sides(documents, "ingress")
        if not parts_in(documents, peers)
    }
    assert out == {(way.source, way.port) for way in drawn(name) if way.target not in parts}
    assert into == {(way.target, way.port) for way in drawn(name) if way.source not in parts}


def test_who_is_elsewhere_can_be_named(variant: Variant) -> None:
    documents = variant("everything")
    named = EVERYTHING["networkPolicy"]["peers"]
    to = {port: peers for part, peers, port in sides(documents, "egress") if part == "auth"}
    assert to[5433] == named["postgres"]
    assert to[6379] is None
    into = {port: peers for part, peers, port in sides(documents, "ingress") if part == "edge"}
    assert into[8080] == named["clients"]
    assert into[9901] is None


def test_every_part_has_a_policy(variant: Variant) -> None:
    for name in SWITCHED_ON:
        assert of_kind(variant(name), "NetworkPolicy").keys() == PICTURE["parts"].keys()


def targets(part: str) -> set[str]:
    """Where the arrows from a part lead in the end, but for names and telemetry."""
    ends = {arrow["to"] for arrow in PICTURE["arrows"] if arrow["from"] == part}
    return ends - {"dns", "collector", "hub", "mail", "receivers"}


@pytest.mark.parametrize("part", SETTINGS)
def test_arrows_are_what_settings_know_addresses_of(part: str) -> None:
    names = {"s3": "objects"}
    known = {
        names.get(found[1], found[1])
        for name in SETTINGS[part].model_fields
        if (found := re.fullmatch(r"(\w+?)_url", name))
        and found[1] not in {"otlp", "s3_public", "public"}
    }
    # It verifies tokens with its own keys.
    known -= {part}
    # Links, which storage gives, lead there.
    by_links = {"objects"} if part in {"search", "inspection"} else set()
    assert targets(part) == known | by_links


@pytest.mark.parametrize("part", PICTURE["parts"])
def test_arrows_are_those_of_the_page_about_architecture(part: str) -> None:
    words = {
        "postgres": "PostgreSQL", "redis": "Redis", "objects": "S3", "qdrant": "Qdrant",
        "auth": "auth", "storage": "storage", "embedder": "embedder", "search": "search",
    }  # fmt: skip
    row = "Envoy" if part == "edge" else part
    needs = re.search(rf"^\| {row} \| [^|]+ \| ([^|]+) \|$", ARCHITECTURE.read_text(), re.MULTILINE)
    assert needs, row
    if part == "edge":
        assert needs[1].startswith("all five")
        assert targets(part) == {*PICTURE["parts"], "objects"} - {"edge"}
        return
    plain = re.sub(r"\([^)]*\)", "", needs[1])
    said = {name for name, word in words.items() if re.search(rf"\b{word}\b", plain)}
    by_links = {"objects"} if part in {"search", "inspection"} else set()
    assert targets(part) == said | by_links


def test_an_arrow_leads_from_and_to_something() -> None:
    known = PICTURE["parts"].keys() | PICTURE["others"].keys()
    for arrow in PICTURE["arrows"]:
        assert {arrow["from"], arrow["to"]} <= known
    ends = {arrow[end] for arrow in PICTURE["arrows"] for end in ("from", "to")}
    assert ends == known
