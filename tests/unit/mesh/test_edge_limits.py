import json
from pathlib import Path
from typing import Any

import pytest

from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.parts.edge import limits_template
from mesh.parts.edge_limits import STREAM, Calls, counts_as, load_limits, rate_limits
from services.runtime.policy import Cost, MethodPolicy
from tests.support.policies import POLICIES


@pytest.fixture(scope="module")
def limiter() -> Any:
    limits = load_limits(limits_template(), None)
    return json.loads(rate_limits(limits, POLICIES.values()))["typed_config"]


def classes_of(policy: MethodPolicy) -> dict[str, str]:
    """Classes that a call counts in, and who counts as the caller of each."""
    found = {}
    for limit in counts_as(policy):
        actions: Any = limit["actions"]
        name, caller = actions
        found[name["generic_key"]["descriptor_value"].removesuffix(" by address")] = next(
            iter(caller)
        )
    return found


def test_every_method_counts_as_its_policy_says_by_who_calls() -> None:
    for policy in POLICIES.values():
        by = "masked_remote_address" if policy.public else "metadata"
        classes = {Cost.Name(policy.cost).lower(), *(["stream"] if policy.streaming else [])}
        assert classes_of(policy) == dict.fromkeys(classes, by), policy.method


def test_every_cost_has_a_rate_and_nothing_else_has() -> None:
    costs = {name.lower() for name in Cost.keys() if name != "COST_UNSPECIFIED"}  # noqa: SIM118 - an enum
    assert set(Calls.model_fields) == costs | {STREAM}


def test_every_class_has_buckets_of_a_callers_own(limiter: Any) -> None:
    known = set()
    for descriptor in limiter["descriptors"]:
        name, caller = descriptor["entries"]
        assert "value" not in caller, "any"
        known.add((name["value"], caller["key"]))
        bucket = descriptor["token_bucket"]
        assert bucket["max_tokens"] >= bucket["tokens_per_fill"] >= 1
    assert len(known) == len(limiter["descriptors"])
    for policy in POLICIES.values():
        for limit in counts_as(policy) if policy.through_edge else ():
            actions: Any = limit["actions"]
            caller = "masked_remote_address" if policy.public else "user"
            assert (actions[0]["generic_key"]["descriptor_value"], caller) in known


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
