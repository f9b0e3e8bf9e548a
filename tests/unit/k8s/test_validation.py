"""Rendered manifests are what Kubernetes, three custom APIs and a policy checker take."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.chart import Document, rendered
from scripts.cluster_tools import ClusterTools
from tests.unit.k8s.custom_resources import complaints, is_custom
from tests.unit.k8s.variants import VARIANTS

KUBERNETES = ("1.27", "1.30", "1.34", "1.37")

POLICIES_NOT_KEPT = {
    # Secrets in variables.
    "CKV_K8S_35": "services read every setting from a variable, and start no process with them",
}
"""Checks of checkov that fail, each with the reason why that stays so."""

Variant = Callable[[str], list[Document]]


def validated(tools: ClusterTools, documents: list[Document], version: str, folder: Path) -> str:
    """What kubernetes-validate says is wrong."""
    file = folder / "manifests.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    command = (str(tools.program("kubernetes-validate")), "-k", version, "--strict", str(file))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_knows_every_word(
    tools: ClusterTools, variant: Variant, tmp_path: Path, version: str
) -> None:
    # These have whatever there may be.
    both = [*variant("everything"), *variant("fixed")]
    built_in = [one for one in both if not is_custom(one)]
    assert validated(tools, built_in, version, tmp_path) == ""


def test_the_check_finds_what_kubernetes_does_not_know(
    tools: ClusterTools, variant: Variant, tmp_path: Path
) -> None:
    wrong = copy.deepcopy(next(one for one in variant("defaults") if one["kind"] == "Deployment"))
    wrong["spec"]["template"]["spec"]["containers"][0]["livelinessProbe"] = {}
    assert "livelinessProbe" in validated(tools, [wrong], KUBERNETES[-1], tmp_path)


@pytest.mark.parametrize("helm", [3, 4])
@pytest.mark.parametrize("version", ["1.27.0", "1.37.0"])
def test_old_and_new_clusters_get_the_same(tools: ClusterTools, version: str, helm: int) -> None:
    documents = rendered(tools, {}, helm=helm, arguments=("--kube-version", version))
    assert documents == rendered(tools, {})


def test_a_cluster_without_grpc_probes_is_refused(tools: ClusterTools) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        rendered(tools, {}, arguments=("--kube-version", "1.26.0"))
    assert "incompatible" in refused.value.stderr


def custom(variant: Variant) -> list[Document]:
    return [one for name in VARIANTS for one in variant(name) if is_custom(one)]


def test_custom_resources_are_as_their_makers_say(tools: ClusterTools, variant: Variant) -> None:
    found = custom(variant)
    assert {one["kind"] for one in found} == {
        "ScaledObject", "TriggerAuthentication", "Gateway", "HTTPRoute", "PodMonitor",
        "PrometheusRule",
    }  # fmt: skip
    assert complaints(tools, found) == ""


def test_the_check_finds_what_they_do_not_know(tools: ClusterTools, variant: Variant) -> None:
    changes: dict[str, Any] = {
        "ScaledObject": {"minReplicas": 2},
        "PodMonitor": {"podMetricsEndpoints": [{"prot": "admin"}]},
        "HTTPRoute": {"rules": [{"timeouts": {"request": "soon"}}]},
    }
    wrong = []
    for kind, change in changes.items():
        wrong.append(copy.deepcopy(next(one for one in custom(variant) if one["kind"] == kind)))
        wrong[-1]["spec"] |= change
    said = complaints(tools, wrong)
    for word in ("minReplicas", "prot"):
        assert f"'\"{word}\"' does not exist" in said
    assert "must match pattern" in said


def test_policies_are_kept_but_for_reasons(
    tools: ClusterTools, variant: Variant, tmp_path: Path
) -> None:
    documents = variant("everything")
    weak = copy.deepcopy(next(one for one in documents if one["kind"] == "Deployment"))
    weak["metadata"]["name"] = "weak"
    del weak["spec"]["template"]["spec"]["containers"][0]["securityContext"]
    failed: dict[bool, set[str]] = {True: set(), False: set()}
    for check, resource in failed_checks(tools, [*documents, weak], tmp_path):
        failed[resource.endswith(".weak")].add(check)
    # One that is kept by now needs no reason any more.
    assert failed[False] == POLICIES_NOT_KEPT.keys()
    # And it would say so.
    assert {"CKV_K8S_20", "CKV_K8S_22"} <= failed[True]


def failed_checks(
    tools: ClusterTools, documents: list[Document], folder: Path
) -> list[tuple[str, str]]:
    """Checks of checkov that fail, with what fails them."""
    file = folder / "manifests.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    command = (
        str(tools.program("checkov")), "-f", str(file), "--framework", "kubernetes",
        "--skip-download", "--compact", "--output", "json",
    )  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] > 100, "it looked at little"
    return [(one["check_id"], one["resource"]) for one in report["results"]["failed_checks"]]
