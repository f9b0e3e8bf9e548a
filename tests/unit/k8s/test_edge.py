"""Envoy takes the configuration that a pod's first container makes."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mesh.edge_settings import load_edge_settings
from mesh.layout import Layout
from mesh.parts.edge import binary
from mesh.parts.edge_alone import configuration
from mesh.parts.edge_tls import server_files
from scripts.chart import SETTINGS, Document
from tests.unit.k8s.manifests import of_kind, variables


@pytest.mark.parametrize("name", ["defaults", "everything"])
def test_envoy_takes_it(
    variant: Callable[[str], list[Document]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
) -> None:
    documents = variant(name)
    pod = of_kind(documents, "Deployment")["edge"]["spec"]["template"]["spec"]
    (init,), (edge,) = pod["initContainers"], pod["containers"]
    assert init["command"][:3] == ["argus", "edge", "render"]
    assert edge["command"] == ["envoy", "--config-path", init["command"][3]]
    for field in SETTINGS["edge"].model_fields:
        monkeypatch.delenv(f"ARGUS_{field.upper()}", raising=False)
    for variable, value in variables(init).items():
        monkeypatch.setenv(variable, value)
    # What volumes bring.
    limits = tmp_path / "limits.toml"
    limits.write_text(of_kind(documents, "ConfigMap")["edge"]["data"]["limits.toml"])
    monkeypatch.setenv("ARGUS_LIMITS_FILE", str(limits))
    if "ARGUS_EDGE_TLS_LISTEN" in variables(init):
        layout = Layout(tmp_path)
        layout.secrets.mkdir()
        for variable in ("ARGUS_TLS_CERTIFICATE", "ARGUS_TLS_KEY"):
            monkeypatch.delenv(variable)
        shown = server_files(layout, "argus.example.org")
        monkeypatch.setenv("ARGUS_TLS_CERTIFICATE", str(shown.certificate))
        monkeypatch.setenv("ARGUS_TLS_KEY", str(shown.key))
    text = configuration(load_edge_settings())
    file = tmp_path / "envoy.json"
    file.write_text(text)
    command = (str(binary()), "--mode", "validate", "--config-path", str(file))
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    # No ConfigMap holds that much; the volume that does has to.
    (run,) = (one["emptyDir"]["sizeLimit"] for one in pod["volumes"] if one["name"] == "run")
    assert len(text) < int(run.removesuffix("Mi")) * 2**20 // 2
    prefix = "eyes" if name == "everything" else "argus"
    assert f'"{prefix}-embedder"' in text
    assert '"*:9901"' in text
