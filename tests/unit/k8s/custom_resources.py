"""Custom resources against what their makers' definitions say, as npm packages carry it.

Types of TypeScript refuse words that are not there, and validators refuse wrong values; neither
does what the other does.
"""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scripts.chart import Document
from scripts.cluster_tools import ClusterTools

_PACKAGES = {
    "keda.sh": "keda",
    "gateway.networking.k8s.io": "gateway-api",
    "monitoring.coreos.com": "prometheus-operator",
}


def is_custom(document: Document) -> bool:
    """Whether it is of a kind that Kubernetes itself does not know."""
    return document["apiVersion"].partition("/")[0] in _PACKAGES


def complaints(tools: ClusterTools, documents: Sequence[Document]) -> str:
    """What is wrong with custom resources; empty if nothing is."""
    lines, checks = [], []
    for number, document in enumerate(documents):
        package = _PACKAGES[document["apiVersion"].partition("/")[0]]
        kind = document["kind"]
        module = f"@kubernetes-models/{package}/{document['apiVersion']}/{kind}"
        said = json.dumps(document)
        lines += [
            f'import type {{ I{kind} as T{number} }} from "{module}";',
            f"const d{number}: T{number} = {said};",
            f"void d{number};",
        ]
        checks += [
            f'import {{ {kind} as K{number} }} from "{module}";',
            f"new K{number}({said}).validate();",
        ]
    # Beside the packages, which both programs look for in the folders above.
    with tempfile.TemporaryDirectory(dir=tools.folder) as folder:
        (Path(folder) / "package.json").write_text('{"type": "module"}')
        (Path(folder) / "types.ts").write_text("\n".join(lines))
        (Path(folder) / "values.js").write_text("\n".join(checks))
        compiler = tools.modules / "typescript" / "bin" / "tsc"
        return _said(
            folder, "node", str(compiler), "--noEmit", "--strict", "--skipLibCheck",
            "--module", "esnext", "--moduleResolution", "bundler", "types.ts",
        ) + _said(folder, "node", "values.js")  # fmt: skip


def _said(folder: str, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr
