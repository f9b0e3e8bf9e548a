"""A person who uses a mesh over REST, as any client would."""

import asyncio
import hashlib
import time
from typing import Any
from uuid import uuid4

import httpx

from tests.support.eventually import eventually
from tests.support.mesh import Mesh

PASSWORD = "correct horse battery staple"
PATIENCE_S = 60.0


class Person:
    """Somebody with an account of their own."""

    def __init__(self, mesh: Mesh, http: httpx.AsyncClient, signed_in: dict[str, Any]) -> None:
        self.mesh = mesh
        self.http = http
        self.user_id: str = signed_in["user"]["userId"]
        self.email: str = signed_in["user"]["email"]
        self.token: str = signed_in["accessToken"]
        self.refresh_token: str = signed_in["refreshToken"]

    @classmethod
    async def register(
        cls, mesh: Mesh, http: httpx.AsyncClient, *, email: str = "", name: str = ""
    ) -> "Person":
        """Makes a new account; without an email, one that nobody else has."""
        answer = await http.post(
            "/api/auth/register",
            json={
                "email": email or f"{uuid4().hex}@example.org",
                "password": PASSWORD,
                "displayName": name,
            },
        )
        assert answer.status_code == 200, answer.text
        return cls(mesh, http, answer.json())

    async def sign_in(self) -> None:
        """Signs in anew, as after one's role was changed."""
        body = {"email": self.email, "password": PASSWORD}
        answer = await self.http.post("/api/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["accessToken"]
        self.refresh_token = answer.json()["refreshToken"]

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What a gRPC call of theirs carries."""
        return (("authorization", f"Bearer {self.token}"),)

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A REST call with their token."""
        headers = {"authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        return await self.http.request(method, path, headers=headers, **options)

    async def reserve(
        self, content: bytes, filename: str, content_type: str, **more: Any
    ) -> httpx.Response:
        """Asks for an upload of these bytes."""
        body = {"filename": filename, "contentType": content_type, "sizeBytes": len(content)}
        return await self.call("POST", "/api/images/uploads", json=body | more)

    async def send(
        self, content: bytes, filename: str, content_type: str, **more: Any
    ) -> httpx.Response:
        """Uploads bytes and completes; the answer to whichever step failed, or the image."""
        reserved = await self.reserve(content, filename, content_type, **more)
        if reserved.status_code != 200:
            return reserved
        upload = reserved.json()["upload"]
        await self.put(upload, content)
        image_id = reserved.json()["image"]["imageId"]
        return await self.call("POST", f"/api/images/{image_id}:complete", json={})

    async def put(self, upload: dict[str, Any], content: bytes) -> None:
        """Puts bytes where a presigned request says."""
        async with httpx.AsyncClient(trust_env=False) as store:
            answer = await store.request(
                upload["method"], upload["url"], content=content, headers=upload["headers"]
            )
        assert answer.is_success, answer.text

    async def add(
        self, content: bytes, filename: str = "picture.png", content_type: str = "image/png",
        **more: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Uploads an image and waits until search finds it; the image."""
        digest = hashlib.sha256(content).hexdigest()
        answer = await self.send(content, filename, content_type, sha256=digest, **more)
        assert answer.status_code == 200, answer.text
        return await self.until_indexed(answer.json()["imageId"])

    async def until_indexed(self, image_id: str) -> dict[str, Any]:
        """Waits until search finds an image; the image."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            image: dict[str, Any] = (await self.call("GET", f"/api/images/{image_id}")).json()
            if image.get("state") == "INDEXED":
                return image
            assert image.get("state") == "UPLOADED", image
            await asyncio.sleep(0.05)
        raise AssertionError(f"not indexed within {PATIENCE_S} s: {image}\n{self.mesh.logs()}")

    async def until_mapped(self) -> dict[str, Any]:
        """Waits until all images are on the map; the map.

        The first map on a machine takes long: its libraries are read from disk.
        """
        found: dict[str, Any] = {}

        async def mapped() -> bool:
            found.update((await self.call("GET", "/api/search/map")).json())
            return found.get("state") == "READY"

        await eventually(mapped, "all images are on the map", within_s=2 * PATIENCE_S)
        return found

    async def search(self, **body: Any) -> list[dict[str, Any]]:
        """The matches of a search."""
        answer = await self.call("POST", "/api/search", json=body)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["matches"]
        return found


def reason(answer: httpx.Response) -> str:
    """The documented reason that an error carries."""
    for detail in answer.json()["details"]:
        if detail["@type"].endswith("google.rpc.ErrorInfo"):
            assert detail["domain"] == "argus.internal"
            return str(detail["reason"])
    raise AssertionError(f"no reason: {answer.text}")
