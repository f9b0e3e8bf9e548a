"""What programs call a mesh with: the Python client from its wheel, scripts, the OpenAPI file."""

import json
import os
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import jsonschema
import pytest
import yaml

from tests.support.inspection.metal import part
from tests.support.installed_client import installed_client
from tests.support.mesh import Mesh
from tests.support.person import PASSWORD, Person
from tests.support.pictures import photograph

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
async def person(mesh: Mesh) -> AsyncIterator[Person]:
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as http:
        yield await Person.register(mesh, http)


@pytest.fixture(scope="module")
async def key(person: Person) -> str:
    body = {"displayName": "program", "scopes": ["READ", "WRITE", "EMBED"], "validDays": 1}
    answer = await person.call("POST", "/api/auth/api-keys", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["secret"])


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed_client(tmp_path_factory.mktemp("client"))


@pytest.fixture(scope="module")
def openapi() -> Any:
    return yaml.load((ROOT / "docs" / "openapi.yaml").read_text(), Loader=yaml.CSafeLoader)


def run(command: list[str], folder: Path, **variables: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        command, cwd=folder, env=environment | variables, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=["asyncio", "sync"])
def test_the_documented_examples_run(
    mesh: Mesh, key: str, python: Path, tmp_path: Path, example: str
) -> None:
    assert "https://argus.example.org" in example
    assert "YOUR-KEY" in example
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "cat.png").write_bytes(photograph("chelsea"))
    (pictures / "words.txt").write_text("no picture")
    script = tmp_path / "example.py"
    script.write_text(
        example.replace("https://argus.example.org", mesh.edge_url).replace("YOUR-KEY", key)
    )
    printed = run([str(python), "-W", "error", str(script)], tmp_path)
    assert re.search(r"^0\.\d+ cat\.png$|^1\.\d+ cat\.png$", printed, re.MULTILINE)
    if "asyncio" in example:
        assert "pictures/words.txt not an image" in printed
        assert re.search(r"^cat \d+$", printed, re.MULTILINE)
        assert "INVALID_ARGUMENT INVALID_REQUEST" in printed
        assert (tmp_path / "copy-cat.png").read_bytes() == photograph("chelsea")


def test_the_script_that_inspects_runs(mesh: Mesh, person: Person, tmp_path: Path) -> None:
    (tmp_path / "normal").mkdir()
    for seed in range(12):
        (tmp_path / "normal" / f"{seed}.png").write_bytes(part(seed))
    (tmp_path / "suspicious.png").write_bytes(part(99, defect="yellow"))
    script = ROOT / "docs" / "examples" / "inspect.sh"
    answer = json.loads(
        run(
            [str(script), "normal", "suspicious.png"], tmp_path,
            ARGUS=mesh.edge_url, EMAIL=person.email, PASSWORD=PASSWORD,
        )
    )  # fmt: skip
    assert answer["verdict"] in {"NORMAL", "UNCERTAIN", "ANOMALOUS"}
    assert answer["inspectionId"]


async def test_every_described_path_is_routed(person: Person, openapi: Any) -> None:
    """Without a token an unknown path is 404, and one that is not open to all 401."""
    assert (await person.http.get("/api/nothing")).status_code == 404
    for path, item in openapi["paths"].items():
        filled = re.sub(r"\{[^}]*\}", "00000000-0000-4000-8000-000000000000", path)
        for verb, operation in item.items():
            body = b"{}" if "requestBody" in operation else None
            answer = await person.http.request(verb.upper(), filled, content=body)
            where = f"{verb} {path}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code != 405, where
            if operation.get("security") != []:
                assert answer.status_code == 401, where
            else:
                # A deletion that never was is not there either, and says why.
                assert answer.status_code in {200, 400, 401} or "ErrorInfo" in answer.text, where


async def test_answers_are_as_described(person: Person, openapi: Any) -> None:
    image = await person.add(photograph("coffee"), "coffee.png")
    image_id = image["imageId"]
    made = await person.call("POST", "/api/qa/reference-sets", json={"displayName": "cups"})
    set_id = made.json()["referenceSetId"]
    calls: list[tuple[str, str, dict[str, str], dict[str, Any] | None]] = [
        ("get", "/api/auth/me", {}, None),
        ("get", "/api/auth/sessions", {}, None),
        ("get", "/api/installation", {}, None),
        ("get", "/api/status", {}, None),
        ("get", "/api/models", {}, None),
        ("get", "/api/images?page_size=1&with_total=true", {}, None),
        ("get", "/api/images/{image_id}", {"image_id": image_id}, None),
        ("get", "/api/images/{image_id}", {"image_id": set_id}, None),
        ("get", "/api/images/{image_id}", {"image_id": "none"}, None),
        ("get", "/api/images?page_size=501", {}, None),
        ("get", f"/api/images:batchGet?{urlencode({'image_ids': image_id})}", {}, None),
        ("get", "/api/labels", {}, None),
        ("post", "/api/search", {}, {"text": "a cup of coffee", "limit": 3}),
        ("post", "/api/search", {}, {"unknown": 1}),
        ("post", "/api/images/uploads", {},
         {"filename": "a.png", "contentType": "image/png", "sizeBytes": 9}),
        ("patch", "/api/images/{image.image_id}?update_mask=labels", {"image.image_id": image_id},
         {"labels": {"line": "3"}}),
        ("get", "/api/qa/reference-sets/{reference_set_id}", {"reference_set_id": set_id}, None),
        ("get", "/api/qa/reference-sets", {}, None),
        ("post", "/api/qa/inspect", {}, {"referenceSetId": set_id, "imageId": image_id}),
        ("delete", "/api/images/{image_id}", {"image_id": image_id}, None),
    ]  # fmt: skip
    for verb, path, values, body in calls:
        template, _, _query = path.partition("?")
        operation = openapi["paths"][template][verb]
        for name, value in values.items():
            path = path.replace(f"{{{name}}}", value)  # noqa: PLW2901 - the same path, filled
        answer = await person.call(verb.upper(), path, json=body)
        described = operation["responses"].get(str(answer.status_code))
        if described is None:
            described = openapi["components"]["responses"]["Error"]
            assert answer.status_code >= 400
        schema = described["content"]["application/json"]["schema"]
        jsonschema.validate(
            answer.json(),
            schema | {"components": openapi["components"]},
            cls=jsonschema.Draft202012Validator,
            format_checker=jsonschema.FormatChecker(),
        )
        known = _known(openapi, schema)
        assert set(answer.json()) <= known, f"{verb} {path}: {set(answer.json()) - known}"


def _known(openapi: Any, schema: Any) -> set[str]:
    if reference := schema.get("$ref"):
        schema = openapi["components"]["schemas"][reference.rpartition("/")[2]]
    return set(schema["properties"])
