"""Pods are bounded, may do little, leave slowly, and are found."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from scripts.chart import Document
from services.runtime.health import LIVE
from tests.unit.k8s.manifests import containers, of_kind, selects, variables
from tests.unit.k8s.variants import PARTS, VARIANTS

Variant = Callable[[str], list[Document]]
pytestmark = pytest.mark.parametrize("name", VARIANTS)


def pods(documents: list[Document]) -> dict[str, Any]:
    """Every pod by its part."""
    deployments = of_kind(documents, "Deployment")
    assert deployments.keys() == {*PARTS}
    return {part: one["spec"]["template"] for part, one in deployments.items()}


def test_they_keep_to_what_pod_security_calls_restricted(variant: Variant, name: str) -> None:
    # https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
    for template in pods(variant(name)).values():
        pod = template["spec"]
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        kinds = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
        assert kinds <= {"configMap", "emptyDir", "secret", "persistentVolumeClaim"}
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "runAsGroup": 10001,
                "capabilities": {"drop": ["ALL"]},
                "seccompProfile": {"type": "RuntimeDefault"},
            }
            assert not any("hostPort" in port for port in container.get("ports", []))


def test_they_have_accounts_without_tokens(variant: Variant, name: str) -> None:
    accounts = {
        one["metadata"]["name"]: one for one in of_kind(variant(name), "ServiceAccount").values()
    }
    for template in pods(variant(name)).values():
        assert (
            accounts[template["spec"]["serviceAccountName"]]["automountServiceAccountToken"]
            is False
        )


def test_they_write_where_a_volume_is(variant: Variant, name: str) -> None:
    for part, template in pods(variant(name)).items():
        volumes = [volume["name"] for volume in template["spec"]["volumes"]]
        assert len(set(volumes)) == len(volumes)
        used = set()
        for container in containers({"spec": {"template": template}}):
            mounts = {one["mountPath"]: one for one in container["volumeMounts"]}
            used |= {one["name"] for one in mounts.values()}
            assert "/tmp" in mounts  # noqa: S108 - that of a container
            environment = variables(container)
            for variable in ("HOME", "ARGUS_MODEL_DIR", "ARGUS_VECTOR_DIR"):
                if folder := environment.get(variable):
                    assert not mounts[folder].get("readOnly"), (part, variable)
            if socket := environment.get("ARGUS_EDGE_ADMIN_SOCKET"):
                assert socket.rpartition("/")[0] in mounts
        assert used == set(volumes)


def test_they_ask_for_what_they_need(variant: Variant, name: str) -> None:
    for part, template in pods(variant(name)).items():
        for container in containers({"spec": {"template": template}}):
            resources = container["resources"]
            assert {"cpu", "memory"} <= resources["requests"].keys(), part
            assert "memory" in resources["limits"], part


def test_probes_tell_a_process_from_what_it_needs(variant: Variant, name: str) -> None:
    for part, template in pods(variant(name)).items():
        (container,) = template["spec"]["containers"]
        probes = {kind: container[f"{kind}Probe"] for kind in ("startup", "liveness", "readiness")}
        if part == "edge":
            continue
        ports = {one["name"]: one["containerPort"] for one in container["ports"]}
        assert probes["liveness"]["grpc"] == {"port": ports["grpc"], "service": LIVE}
        assert probes["startup"]["grpc"] == {"port": ports["grpc"], "service": LIVE}
        assert probes["readiness"]["grpc"] == {"port": ports["grpc"]}


def test_nobody_is_killed_while_at_work(variant: Variant, name: str) -> None:
    for part, template in pods(variant(name)).items():
        pod = template["spec"]
        (container,) = pod["containers"]
        if part == "edge":
            command = container["lifecycle"]["preStop"]["exec"]["command"]
            words = dict(pairwise(command))
            takes = float(words["--notice"]) + float(words["--wait"])
        else:
            told = variables(container)
            takes = float(told["ARGUS_DRAIN_NOTICE_S"]) + float(told["ARGUS_DRAIN_GRACE_S"])
            # Envoy asks every two seconds, for two at most, and believes the second answer.
            assert float(told["ARGUS_DRAIN_NOTICE_S"]) > 4
        assert pod["terminationGracePeriodSeconds"] >= takes + 10


def test_new_pods_come_before_old_ones_go(variant: Variant, name: str) -> None:
    for part, deployment in of_kind(variant(name), "Deployment").items():
        rolling = deployment["spec"]["strategy"]["rollingUpdate"]
        has_gpu = "nvidia.com/gpu" in str(deployment)
        assert (rolling["maxUnavailable"] == 0) is not has_gpu, part


def test_everything_finds_its_pods(variant: Variant, name: str) -> None:
    documents = variant(name)
    found = pods(documents)
    labels = {part: template["metadata"]["labels"] for part, template in found.items()}

    def chosen(selector: Any) -> list[str]:
        return [part for part, those in labels.items() if selects(selector, those)]

    for one in documents:
        part = one["metadata"]["labels"]["app.kubernetes.io/component"]
        spec = one.get("spec", {})
        if one["kind"] == "Service":
            assert chosen({"matchLabels": spec["selector"]}) == [part]
            named = {port["name"] for port in found[part]["spec"]["containers"][0]["ports"]}
            assert {port["targetPort"] for port in spec["ports"]} <= named
        elif one["kind"] in {"Deployment", "PodDisruptionBudget", "PodMonitor"}:
            assert chosen(spec["selector"]) == [part]
        elif one["kind"] == "NetworkPolicy":
            assert chosen(spec["podSelector"]) == [part]
        elif one["kind"] in {"HorizontalPodAutoscaler", "ScaledObject"}:
            target = of_kind(documents, "Deployment")[part]
            assert spec["scaleTargetRef"]["name"] == target["metadata"]["name"]
            # Or every upgrade would undo what scaled it.
            assert "replicas" not in target["spec"]
    for part, template in found.items():
        for spread in template["spec"]["topologySpreadConstraints"]:
            assert chosen(spread["labelSelector"]) == [part]


def test_a_version_changes_no_selector(variant: Variant, name: str) -> None:
    for deployment in of_kind(variant(name), "Deployment").values():
        assert not re.search("version|chart", str(deployment["spec"]["selector"]))


def test_one_thing_scales_a_part(variant: Variant, name: str) -> None:
    documents = variant(name)
    for part, deployment in of_kind(documents, "Deployment").items():
        scalers = [
            kind
            for kind in ("HorizontalPodAutoscaler", "ScaledObject")
            if part in of_kind(documents, kind)
        ]
        assert len(scalers) + ("replicas" in deployment["spec"]) == 1, part


def test_what_a_pod_mounts_and_names_is_there(variant: Variant, name: str) -> None:
    documents = variant(name)
    maps = {one["metadata"]["name"] for one in documents if one["kind"] == "ConfigMap"}
    for template in pods(documents).values():
        for volume in template["spec"]["volumes"]:
            if "configMap" in volume:
                assert volume["configMap"]["name"] in maps
