"""Every method has a policy, and a policy that cannot be does not build."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from argus.policy.v1 import policy_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from mesh.parts.edge import descriptor_set
from mesh.parts.edge_policy import policies_of
from scripts.policy_page import PAGE, policy_page
from services.runtime.policy import (
    FOREIGN,
    Callers,
    Cost,
    MethodPolicy,
    PolicyError,
    contract_policies,
    policies_of_service,
)

ROOT = Path(__file__).parents[3]
LOGIN = "/argus.auth.v1.AuthService/Login"
GET_ME = "/argus.auth.v1.AuthService/GetMe"
DOWNLOAD = "/argus.storage.v1.ImageService/DownloadImage"


def contract() -> FileDescriptorSet:
    return FileDescriptorSet.FromString(descriptor_set().read_bytes())


def options_of(files: FileDescriptorSet, method: str) -> Any:
    """The options of a method, to be changed."""
    service, _, name = method.removeprefix("/").partition("/")
    return next(
        one.options
        for file in files.file
        for found in file.service
        if f"{file.package}.{found.name}" == service
        for one in found.method
        if one.name == name
    )


def test_every_method_of_the_contract_has_a_policy() -> None:
    methods = {
        f"/{file.package}.{service.name}/{method.name}"
        for file in contract().file
        for service in file.service
        for method in service.method
    }
    assert contract_policies(contract()).keys() == methods
    assert not methods & FOREIGN.keys()


def test_a_service_finds_its_own_as_the_edge_does() -> None:
    everywhere = policies_of(descriptor_set().read_bytes())
    own = policies_of_service("argus.auth.v1.AuthService")
    assert LOGIN in own
    assert all(everywhere[method] == policy for method, policy in own.items())
    with pytest.raises(PolicyError, match="not in the contract"):
        policies_of_service("argus.auth.v1.NoService")


def test_a_method_has_the_defaults_of_its_service_unless_it_says_otherwise() -> None:
    policies = contract_policies(contract())
    assert policies[LOGIN].callers == Callers.PUBLIC
    assert policies[GET_ME].callers == Callers.USER
    assert policies[GET_ME].deadline_s == policies[LOGIN].deadline_s
    complete = policies["/argus.storage.v1.ImageService/CompleteUpload"]
    assert (complete.deadline_s, complete.max_deadline_s) == (60, 120)
    watch = policies["/argus.storage.v1.ImageService/WatchImages"]
    assert watch.deadline_s == watch.max_deadline_s == 86_400


def no_policy(options: Any) -> None:
    options.ClearExtension(policy_pb2.policy)


def changed(**values: Any) -> Callable[[Any], None]:
    def change(options: Any) -> None:
        options.Extensions[policy_pb2.policy].MergeFrom(policy_pb2.Policy(**values))

    return change


def without(*fields: str) -> Callable[[Any], None]:
    def change(options: Any) -> None:
        for field in fields:
            options.Extensions[policy_pb2.policy].ClearField(field)

    return change


@pytest.mark.parametrize(
    ("method", "change", "said"),
    [
        (LOGIN, no_policy, "has no option"),
        (LOGIN, without("cost"), "what it costs"),
        (LOGIN, changed(max_request_bytes=2**20), "without a token"),
        (LOGIN, changed(max_deadline={"seconds": 1}), "shorter than deadline"),
        (LOGIN, changed(idle_timeout={"seconds": 1}), "only a stream"),
        (DOWNLOAD, without("deadline"), "a stream says so itself"),
        (DOWNLOAD, changed(retryable=True), "not retryable"),
        (DOWNLOAD, changed(max_deadline={"seconds": 7200}), "no max_deadline"),
        (LOGIN, changed(minimum_role="ADMIN"), "only users have roles"),
    ],
)
def test_what_a_policy_cannot_say_is_said_with_the_methods_name(
    method: str, change: Callable[[Any], None], said: str
) -> None:
    files = contract()
    change(options_of(files, method))
    with pytest.raises(PolicyError) as caught:
        contract_policies(files)
    (problem,) = caught.value.problems
    assert problem.startswith(method)
    assert said in problem


@pytest.mark.parametrize(
    ("change", "said"),
    [({"callers": "PUBLIC"}, "PUBLIC"), ({"cost": "READ"}, "cost"), ({"retryable": True}, "retry")],
)
def test_a_service_opens_nothing_to_everybody(change: dict[str, Any], said: str) -> None:
    files = contract()
    options: Any = next(service.options for file in files.file for service in file.service)
    options.Extensions[policy_pb2.defaults].MergeFrom(policy_pb2.Policy(**change))
    with pytest.raises(PolicyError, match=said):
        contract_policies(files)


def test_a_method_without_a_policy_does_not_build(tmp_path: Path) -> None:
    files = contract()
    no_policy(options_of(files, DOWNLOAD))
    (tmp_path / "gen").mkdir()
    (tmp_path / "gen" / "argus.binpb").write_bytes(files.SerializeToString())
    done = subprocess.run(
        [sys.executable, "-m", "scripts.policy_page", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"{DOWNLOAD} has no option (argus.policy.v1.policy)" in done.stderr
    assert not (tmp_path / PAGE).exists()


def test_the_page_of_policies_is_that_of_the_contract() -> None:
    page = policy_page(contract())
    assert page == (ROOT / PAGE).read_text()
    for method in (*contract_policies(contract()), *FOREIGN):
        assert f"| `{method.split('/')[2]}` |" in page


def policy(**values: Any) -> MethodPolicy:
    fields = {"deadline_s": 15, "max_deadline_s": 60, "max_request_bytes": 100} | values
    return MethodPolicy("/a.B/C", Callers.USER, Cost.READ, **fields)


@pytest.mark.parametrize(
    ("left_s", "streaming", "service", "limit_s"),
    [
        (None, False, False, 15),
        (None, False, True, 15),
        (10, False, False, None),
        (30, False, False, None),
        (90, False, False, 60),
        (None, True, False, 15),
        (10, True, False, None),
        (30, True, False, 15),
        (None, True, True, None),
        (90, True, True, None),
    ],
)
def test_a_call_ends_with_its_callers_deadline_or_its_own(
    left_s: float | None, streaming: bool, service: bool, limit_s: float | None
) -> None:
    tried = policy(idle_s=300 if streaming else None)
    assert tried.time_limit_s(left_s, service=service) == limit_s


def test_the_installation_bounds_what_the_contract_allows() -> None:
    assert policy().request_limit(50) == 50
    assert policy().request_limit(200) == 100
    assert policy(max_request_bytes=None).request_limit(200) == 200
