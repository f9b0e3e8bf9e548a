"""What is made of the Helm chart `k8s/chart`, and of the settings for it.

`python -m scripts.chart` writes the chart's `values.schema.json`, and `k8s/base` and
`k8s/components`, the chart's rendering for Kustomize; `python -m scripts.chart check` says whether
they are as it would write them. It needs `python -m scripts.cluster_tools`.
"""

import copy
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic_settings import BaseSettings

from mesh.edge_settings import EdgeSettings
from mesh.parts.edge_limits import Limits
from scripts.cluster_tools import ClusterTools, install
from services.auth.settings import AuthSettings
from services.embedder.settings import EmbedderSettings
from services.inspection.settings import InspectionSettings
from services.search.settings import SearchSettings
from services.storage.settings import StorageSettings

ROOT = Path(__file__).parents[1]
K8S = ROOT / "k8s"
CHART = K8S / "chart"
SCHEMA = CHART / "values.schema.json"
_SCHEMA_SOURCE = ROOT / "scripts" / "cluster" / "values.schema.yaml"
NAME = "argus"
"""Release and namespace of the base."""

SETTINGS: Mapping[str, type[BaseSettings]] = {
    "auth": AuthSettings,
    "storage": StorageSettings,
    "embedder": EmbedderSettings,
    "search": SearchSettings,
    "inspection": InspectionSettings,
    "edge": EdgeSettings,
}
"""What each part of the chart reads."""

_OWN = {
    "LISTEN", "PUBLIC_URL", "MAIL_DIR",
    "AUTH_URL", "STORAGE_URL", "EMBEDDER_URL", "SEARCH_URL", "INSPECTION_URL",
    "POSTGRES_URL", "REDIS_URL", "QDRANT_URL", "QDRANT_API_KEY", "S3_URL", "S3_PUBLIC_URL",
    "S3_BUCKET", "S3_REGION", "S3_ACCESS_KEY", "S3_SECRET_KEY", "SERVICE_SECRET", "JWT_ISSUER",
    "JWT_AUDIENCE", "LOG_LEVEL", "OTLP_URL", "TRACE_PERCENT", "METRICS_LISTEN",
    "DRAIN_NOTICE_S", "DRAIN_GRACE_S",
    "CONNECTION_AGE_S", "MODEL", "MODEL_DIR", "RUNTIME", "PRECISION", "EMBEDDER_THREADS",
    "EMBEDDER_MODEL_MEMORY_BYTES",
    "INSPECTION_THREADS", "VECTOR_DIR", "VECTOR_GRAPH_FROM", "VECTOR_GRAPH_THREADS",
    "EMBED_STREAMS", "REPLICA", "LIMITS_FILE",
    "TLS_CERTIFICATE", "TLS_KEY", "EDGE_TLS_LISTEN", "EDGE_INTERNAL_LISTEN",
    "EDGE_ADMIN_LISTEN", "EDGE_ADMIN_SOCKET", "EDGE_JWKS_PORT",
}  # fmt: skip
"""Settings that follow from other values, so `env` does not take them."""

BASE: Mapping[str, Any] = {"networkPolicy": {"enabled": False}}
"""Values of the base."""

COMPONENTS: Mapping[str, Mapping[str, Any]] = {
    "gpu": {"gpu": {"enabled": True}},
    "keda": {
        "keda": {"enabled": True, "embedder": {"prometheus": "http://prometheus-operated:9090"}}
    },
    "gateway": {
        "gateway": {
            "enabled": True,
            "hostnames": ["argus.example.org"],
            "parentRefs": [{"name": "gateway"}],
        }
    },
    "monitoring": {"monitoring": {"enabled": True}},
    "netpol": {"networkPolicy": {"enabled": True}},
}
"""Values by which each component differs from the base."""

# The policies let a scraper in, so that `monitoring` may be added or not.
_NETPOL_TOO = {"monitoring": {"enabled": True}}

_HELMS_OWN = ("app.kubernetes.io/managed-by", "helm.sh/chart")
Document = dict[str, Any]


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Values, each layer over those before it, as Helm merges them."""
    result: dict[str, Any] = {}
    for layer in layers:
        for name, value in layer.items():
            below = result.get(name)
            both = isinstance(below, dict) and isinstance(value, Mapping)
            result[name] = merged(below, value) if both and below else copy.deepcopy(value)
    return result


def schema() -> str:
    """The schema of the chart's values."""
    made = yaml.safe_load(_SCHEMA_SOURCE.read_text())
    common = made["$defs"].pop("service")
    for part, settings in SETTINGS.items():
        described = settings.model_json_schema()
        made["$defs"] |= described.get("$defs", {})
        variables = {
            f"ARGUS_{name.upper()}": field for name, field in described["properties"].items()
        }
        free = {
            name: _described(field)
            for name, field in sorted(variables.items())
            if name.removeprefix("ARGUS_") not in _OWN and field.get("format") != "password"
        }
        made["$defs"][f"{part}Settings"] = {
            "type": "object", "additionalProperties": False, "properties": free,
        }  # fmt: skip
        made["$defs"][f"{part}Secrets"] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                name: {"$ref": "#/$defs/secretKey"}
                for name in sorted(variables)
                if name.removeprefix("ARGUS_") not in _OWN
            },
        }
        own = made["properties"][part]["properties"]
        made["properties"][part] = common | {"properties": common["properties"] | own}
    limits = Limits.model_json_schema()
    for name, table in limits.pop("$defs").items():
        # What is not said is as in envoy/limits.toml, but a rate is said as a whole.
        made["$defs"][f"limits{name}"] = _moved(_described(table, partial=name != "Rate"))
    made["$defs"]["limits"] = _moved(_described(limits, partial=True))
    return json.dumps(made, indent=1) + "\n"


def _described(field: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """What a value may be, without words and defaults; if `partial`, nothing must be said."""
    left = {"title", "description", "default", *(("required",) if partial else ())}
    kept = {name: value for name, value in field.items() if name not in left}
    if "properties" in kept:
        kept["properties"] = {name: _described(one) for name, one in kept["properties"].items()}
    return kept


def _moved(field: dict[str, Any]) -> dict[str, Any]:
    moved: dict[str, Any] = json.loads(json.dumps(field).replace("#/$defs/", "#/$defs/limits"))
    return moved


def rendered(
    tools: ClusterTools,
    values: Mapping[str, Any],
    *,
    helm: int = 3,
    arguments: Sequence[str] = (),
    chart: Path = CHART,
) -> list[Document]:
    """What Helm makes of the chart.

    Raises:
        subprocess.CalledProcessError: It refuses the values; `stderr` says why.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(values, file)
        file.flush()
        made = subprocess.run(  # noqa: S603 - our own program
            (
                str(tools.helm(helm)), "template", NAME, str(chart), "--namespace", NAME,
                "--values", file.name, *arguments,
            ),
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    return [one for one in yaml.load_all(made.stdout, yaml.CSafeLoader) if one]


def without_helm(documents: Iterable[Document]) -> list[Document]:
    """The same without the labels by which Helm knows its own."""

    def cleaned(value: Any) -> Any:  # noqa: ANN401 - any part of a document
        if isinstance(value, dict):
            return {name: cleaned(one) for name, one in value.items() if name not in _HELMS_OWN}
        return [cleaned(one) for one in value] if isinstance(value, list) else value

    return [cleaned(document) for document in documents]


def identity(document: Document) -> tuple[str, str]:
    """Kind and name."""
    return document["kind"], document["metadata"]["name"]


def files(tools: ClusterTools) -> dict[Path, str]:
    """Everything that is made of the chart for Kustomize."""
    base = without_helm(rendered(tools, BASE))
    made = {
        K8S / "base" / name: text
        for name, text in _folder(base, "Kustomization").items()
    }  # fmt: skip
    for component, values in COMPONENTS.items():
        extra = _NETPOL_TOO if component == "netpol" else {}
        full = without_helm(rendered(tools, merged(BASE, values, extra)))
        if component == "netpol":
            full = [*base, *(one for one in full if one["kind"] == "NetworkPolicy")]
        made |= {
            K8S / "components" / component / name: text
            for name, text in _difference(base, full).items()
        }
    return made


def _folder(documents: Iterable[Document], kind: str, **more: Any) -> dict[str, str]:  # noqa: ANN401
    by_part: dict[str, list[Document]] = {}
    for document in documents:
        part = document["metadata"]["labels"]["app.kubernetes.io/component"]
        by_part.setdefault(part, []).append(document)
    version = "v1alpha1" if kind == "Component" else "v1beta1"
    kustomization: dict[str, Any] = {
        "apiVersion": f"kustomize.config.k8s.io/{version}",
        "kind": kind,
    }
    if by_part:
        kustomization["resources"] = [f"{part}.yaml" for part in by_part]
    texts = {f"{part}.yaml": _yaml(*some) for part, some in by_part.items()}
    return {"kustomization.yaml": _yaml(kustomization | more), **texts}


def _difference(base: Sequence[Document], full: Sequence[Document]) -> dict[str, str]:
    """A component that makes the second of the first."""
    before = {identity(one): one for one in base}
    after = {identity(one): one for one in full}
    patches: list[dict[str, Any]] = []
    for (kind, name), old in before.items():
        if (kind, name) not in after:
            where = {"name": name, "namespace": old["metadata"]["namespace"]}
            gone = {"apiVersion": old["apiVersion"], "kind": kind, "metadata": where}
            patches.append({"patch": _bare(gone | {"$patch": "delete"})})
        elif changes := list(_changes(old, after[kind, name])):
            patches.append({"target": {"kind": kind, "name": name}, "patch": _bare(changes)})
    new = [one for found, one in after.items() if found not in before]
    return _folder(new, "Component", **({"patches": patches} if patches else {}))


def _changes(old: Any, new: Any, path: str = "") -> Iterator[dict[str, Any]]:  # noqa: ANN401
    """As in RFC 6902. Paths come last: Kustomize takes the end of a patch's last line off."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            below = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
            if name not in new:
                yield {"op": "remove", "path": below}
            elif name not in old:
                yield {"op": "add", "value": new[name], "path": below}
            else:
                yield from _changes(old[name], new[name], below)
    elif _named(old) and _named(new) and [one for one in new if one in old] == old:
        # Others may have added more.
        for one in new:
            if one not in old:
                yield {"op": "add", "value": one, "path": f"{path}/-"}
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _changes(one, other, f"{path}/{place}")
    elif old != new:
        yield {"op": "replace", "value": new, "path": path}


def _named(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) and "name" in one for one in value)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    )


_Dumper.add_representer(str, _text)

_HEAD = "# Made of k8s/chart by `python -m scripts.chart`: change that.\n"


def _bare(value: Any) -> str:  # noqa: ANN401 - any document
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=120)


def _yaml(*documents: Mapping[str, Any]) -> str:
    return _HEAD + yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, width=120)


def _write(made: Mapping[Path, str]) -> None:
    for folder in (K8S / "base", K8S / "components"):
        shutil.rmtree(folder, ignore_errors=True)
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def stale(tools: ClusterTools) -> list[str]:
    """What is not as it would be written, or should not be there."""
    made = {SCHEMA: schema(), **files(tools)}
    there = {one for folder in ("base", "components") for one in (K8S / folder).rglob("*.yaml")}
    return sorted(
        str(path.relative_to(ROOT))
        for path in made.keys() | there | {SCHEMA}
        if path not in made or not path.exists() or path.read_text() != made[path]
    )


def main(arguments: Sequence[str]) -> None:
    """Writes, or checks."""
    tools = install()
    if arguments == ["check"]:
        if wrong := stale(tools):
            sys.exit(f"Run `python -m scripts.chart`; stale: {', '.join(wrong)}")
        return
    SCHEMA.write_text(schema())
    _write(files(tools))


if __name__ == "__main__":
    main(sys.argv[1:])
