"""The manifests without a cluster: they parse, fit together, and say what the service reads."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.embedder.settings import EmbedderSettings

K8S = Path(__file__).parents[2] / "k8s"


def documents(file: Path) -> list[Any]:
    return list(yaml.safe_load_all(file.read_text()))


def deployment(file: Path) -> Any:
    return next(found for found in documents(file) if found["kind"] == "Deployment")


def test_every_file_that_is_named_is_there() -> None:
    for file in K8S.rglob("kustomization.yaml"):
        (kustomization,) = documents(file)
        patches = [patch["path"] for patch in kustomization.get("patches", [])]
        for name in [*kustomization["resources"], *patches]:
            assert (file.parent / name).exists(), (file, name)


def test_the_service_finds_the_pods_and_all_of_them_at_once() -> None:
    found = {one["kind"]: one["spec"] for one in documents(K8S / "base" / "embedder.yaml")}
    labels = found["Deployment"]["template"]["metadata"]["labels"]
    assert found["Service"]["selector"].items() <= labels.items()
    assert found["PodDisruptionBudget"]["selector"]["matchLabels"].items() <= labels.items()
    assert found["Service"]["clusterIP"] == "None"
    assert found["Deployment"]["replicas"] > 1
    (container,) = found["Deployment"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["grpc"]["port"] == container["ports"][0]["containerPort"]


@pytest.mark.parametrize("overlay", ["base", "overlays/gpu"])
def test_the_embedder_takes_what_it_is_told(overlay: str, monkeypatch: pytest.MonkeyPatch) -> None:
    base = deployment(K8S / "base" / "embedder.yaml")["spec"]["template"]["spec"]
    layers = [base, deployment(K8S / overlay / "embedder.yaml")["spec"]["template"]["spec"]]
    told: dict[str, str] = {}
    models = set()
    for spec in layers:
        (container,) = spec["containers"]
        assert container["name"] == base["containers"][0]["name"]
        for variable in container["env"]:
            told[variable["name"]] = variable.get("value", "redis://secret-of-the-cluster")
        (init,) = spec["initContainers"]
        models = {one["value"] for one in init["env"] if one["name"] == "ARGUS_MODEL"}
    assert {f"ARGUS_{name.upper()}" for name in EmbedderSettings.model_fields} >= told.keys()
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings = EmbedderSettings()
    assert {settings.model} == models
    assert base["initContainers"][0]["command"][:3] == ["argus", "models", "pull"]


def test_a_gpu_replica_has_one_gpu_and_uses_it() -> None:
    spec = deployment(K8S / "overlays" / "gpu" / "embedder.yaml")["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert {"name": "ARGUS_RUNTIME", "value": "torch"} in container["env"]
    assert spec["nodeSelector"]
