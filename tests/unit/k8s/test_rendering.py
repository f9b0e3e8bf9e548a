"""Both Helms make the same of the chart, and Kustomize makes what Helm makes."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from scripts.chart import (
    BASE,
    CHART,
    COMPONENTS,
    K8S,
    Document,
    identity,
    merged,
    rendered,
    stale,
    without_helm,
)
from scripts.cluster_tools import ClusterTools
from tests.unit.k8s.variants import VARIANTS


@pytest.mark.parametrize("helm", [3, 4])
def test_the_chart_has_nothing_to_complain_of(tools: ClusterTools, helm: int) -> None:
    command = (str(tools.helm(helm)), "lint", "--strict", str(CHART))
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("name", VARIANTS)
def test_helm_3_and_4_agree(
    tools: ClusterTools, variant: Callable[[str], list[Document]], name: str
) -> None:
    assert rendered(tools, VARIANTS[name], helm=4) == variant(name)


def test_what_is_made_of_the_chart_is_as_it_would_be_made_now(tools: ClusterTools) -> None:
    assert stale(tools) == [], "run `python -m scripts.chart`"


def built(tools: ClusterTools, folder: Path) -> list[Document]:
    """What Kustomize makes of a folder."""
    command = (str(tools.program("kubectl")), "kustomize", str(folder))
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(made.stdout))


def comparable(documents: list[Document]) -> dict[tuple[str, str], Document]:
    """By kind and name; the order of variables means nothing."""
    found = {identity(one): one for one in documents}
    assert len(found) == len(documents)
    for document in documents:
        if document["kind"] == "Deployment":
            pod = document["spec"]["template"]["spec"]
            for container in [*pod.get("initContainers", []), *pod["containers"]]:
                container["env"].sort(key=lambda one: one["name"])
    return found


@pytest.mark.parametrize(
    "components",
    [
        (),
        ("gpu",),
        ("keda",),
        ("gateway",),
        ("monitoring",),
        ("netpol", "monitoring"),
        (*COMPONENTS,),
    ],
    ids=" ".join,
)
def test_the_base_and_its_components_are_what_helm_makes(
    tools: ClusterTools, tmp_path: Path, components: tuple[str, ...]
) -> None:
    # Kustomize takes no absolute paths.
    there = Path(*(".." for _ in tmp_path.parts[1:]), *K8S.parts[1:])
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [str(there / "base")],
        "components": [str(there / "components" / one) for one in components],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    values = merged(BASE, *(COMPONENTS[one] for one in components))
    by_helm = without_helm(rendered(tools, values))
    assert comparable(built(tools, tmp_path)) == comparable(by_helm)


def test_the_overlay_for_gpus_is_the_base_with_that_component(tools: ClusterTools) -> None:
    by_helm = without_helm(rendered(tools, merged(BASE, COMPONENTS["gpu"])))
    assert comparable(built(tools, K8S / "overlays" / "gpu")) == comparable(by_helm)


def test_nothing_is_drawn_or_asked_for_when_it_is_rendered() -> None:
    # Under a controller that renders again and again, every difference is a change of the cluster.
    asked = re.compile(r"\b(lookup|now|rand\w+|gen[A-Z]\w+|uuidv4|bcrypt|htpasswd)\b")
    for file in (CHART / "templates").iterdir():
        actions = " ".join(re.findall(r"{{.*?}}", file.read_text(), re.S))
        assert not asked.search(re.sub(r"/\*.*?\*/", "", actions)), file


def test_a_package_has_everything_that_it_is_made_of(tools: ClusterTools, tmp_path: Path) -> None:
    command = (str(tools.helm(4)), "package", str(CHART), "--destination", str(tmp_path))
    subprocess.run(command, capture_output=True, check=True)
    (package,) = tmp_path.iterdir()
    assert rendered(tools, {}, chart=package) == rendered(tools, {})
    # A release is kept in a Secret of a mebibyte at most, with its chart.
    assert package.stat().st_size < 200_000
