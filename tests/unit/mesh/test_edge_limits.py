import json
import re
from pathlib import Path
from typing import Any

import pytest

from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.parts.edge import descriptor_set, limits_template
from mesh.parts.edge_classes import cost_class, needs_no_token
from mesh.parts.edge_limits import load_limits, rate_limits
from tests.unit.mesh.test_edge_config import INTERNAL, WITHOUT_TOKEN, methods


@pytest.fixture(scope="module")
def limiter() -> Any:
    limits = load_limits(limits_template(), None)
    return json.loads(rate_limits(limits, descriptor_set().read_bytes()))["typed_config"]


def classes_of(limiter: Any, path: str) -> dict[str, str]:
    """Classes that a call counts in, and who counts as the caller of each."""
    found = {}
    for limit in limiter["rate_limits"]:
        match, caller = limit["actions"]
        (header,) = match["header_value_match"]["headers"]
        if re.fullmatch(header["string_match"]["safe_regex"]["regex"], path):
            name = match["header_value_match"]["descriptor_value"]
            found[name.removesuffix(" by address")] = next(iter(caller))
    return found


def test_every_method_counts_in_its_class_by_who_calls(limiter: Any) -> None:
    for path, method in methods().items():
        by = "masked_remote_address" if path in WITHOUT_TOKEN else "metadata"
        wanted = {cost_class(path): by}
        if method.client_streaming or method.server_streaming:
            wanted["stream"] = by
        assert classes_of(limiter, path) == wanted, path
        assert needs_no_token(path) == (path in WITHOUT_TOKEN), path
    for path in ("/grpc.health.v1.Health/Watch", "/grpc.reflection.v1alpha.ServerReflection/X"):
        assert classes_of(limiter, path) == {"health": "masked_remote_address"}


def test_what_costs_much_is_not_taken_for_reading() -> None:
    changing = re.compile(
        r"/(Create|Update|Delete|Batch(?!Get)|Set|Add|Remove|Train|Embed|Inspect)"
    )
    for path in methods().keys() - INTERNAL:
        if changing.search(path):
            assert cost_class(path) != "read", path


def test_every_class_has_buckets_of_a_callers_own(limiter: Any) -> None:
    for limit, descriptor in zip(limiter["rate_limits"], limiter["descriptors"], strict=True):
        name, caller = descriptor["entries"]
        assert name["value"] == limit["actions"][0]["header_value_match"]["descriptor_value"]
        assert "value" not in caller, "any"
        bucket = descriptor["token_bucket"]
        assert bucket["max_tokens"] >= bucket["tokens_per_fill"] >= 1


def test_an_operator_changes_what_the_file_says(layout: Layout) -> None:
    layout.make()
    shipped = load_limits(limits_template(), None)
    assert load_limits(limits_template(), layout) == shipped
    layout.limits_file.write_text("[calls]\nauth = {burst = 7}\n[edge]\ntrusted_proxies = 1\n")
    chosen = load_limits(limits_template(), layout)
    assert (chosen.calls.auth.burst, chosen.edge.trusted_proxies) == (7, 1)
    assert chosen.calls.auth.per_second == shipped.calls.auth.per_second
    assert chosen.calls.read == shipped.calls.read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[calls]\nreed = {burst = 7, per_second = 1}", r"calls\.reed"),
        ("[calls]\nread = {burst = 0}", r"calls\.read\.burst"),
        ("[calls]\nread = 3", r"calls\.read"),
        ("[edge]\nmemory_bytes = 5", r"edge\.memory_bytes"),
        ("calls = [", "cannot be read"),
    ],
)
def test_a_wrong_file_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    monkeypatch.setenv("ARGUS_LIMITS_FILE", str(file))
    with pytest.raises(MeshError, match=said):
        load_limits(limits_template(), None)
    monkeypatch.setenv("ARGUS_LIMITS_FILE", str(tmp_path / "nothing"))
    with pytest.raises(MeshError, match="cannot be read"):
        load_limits(limits_template(), None)
