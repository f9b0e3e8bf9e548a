"""The usual service that takes images: FastAPI, Pillow, minio; each request by itself.

    python -m bench.peers.ingest_server compact DATABASE PORT

A request is an image at `/images`. It is looked up by its SHA-256, decoded, made a thumbnail of,
hashed perceptually and embedded; original and thumbnail go to the object store, a record to
SQLite, the vector to a list in memory. Where the store is, says the environment: `PEER_STORE`
(host:port), `PEER_KEY`, `PEER_SECRET`.
"""

import hashlib
import io
import os
import sqlite3
import sys
import threading

import imagehash
import numpy as np
import torch
import uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from minio import Minio
from PIL import Image, ImageOps

from bench.peers.fastapi_server import Encoder, Transform, load

BUCKET = "peer"
SIDE = 256
"""Pixels of a thumbnail's longer side, at most."""


class Images:
    """What the service keeps.

    Args:
        encode: The network.
        transform: What its pictures go through.
        database: SQLite's file.
        store: Where objects go.
    """

    def __init__(self, encode: Encoder, transform: Transform, database: str, store: Minio) -> None:
        self._encode = encode
        self._transform = transform
        self._store = store
        self._lock = threading.Lock()
        self._records = sqlite3.connect(database, check_same_thread=False)
        self._records.execute("PRAGMA journal_mode=WAL")
        self._records.execute(
            "CREATE TABLE images (sha256 TEXT PRIMARY KEY, width INT, height INT, phash TEXT)"
        )
        self._vectors: list[np.ndarray] = []
        if not store.bucket_exists(BUCKET):
            store.make_bucket(BUCKET)

    @torch.inference_mode()
    def add(self, data: bytes) -> dict[str, object]:
        """Everything that becomes of an image."""
        digest = hashlib.sha256(data).hexdigest()
        with self._lock:
            known = self._records.execute("SELECT 1 FROM images WHERE sha256 = ?", (digest,))
            if known.fetchone():
                return {"sha256": digest, "duplicate": True}
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        small = image.copy()
        small.thumbnail((SIDE, SIDE))
        with io.BytesIO() as file:
            small.save(file, "WEBP", quality=80, method=2)
            thumbnail = file.getvalue()
        phash = str(imagehash.phash(image))
        vector = self._encode(self._transform(image)[None])[0]
        self._put(digest, data)
        self._put(f"{digest}.thumbnail", thumbnail)
        with self._lock, self._records:
            self._vectors.append((vector / vector.norm()).numpy())
            self._records.execute(
                "INSERT OR IGNORE INTO images VALUES (?, ?, ?, ?)", (digest, *image.size, phash)
            )
        return {"sha256": digest, "duplicate": False}

    def _put(self, name: str, data: bytes) -> None:
        self._store.put_object(BUCKET, name, io.BytesIO(data), len(data))


def build(images: Images) -> FastAPI:
    """The service."""
    app = FastAPI()

    @app.post("/images")
    async def add(request: Request) -> dict[str, object]:
        return await run_in_threadpool(images.add, await request.body())

    return app


if __name__ == "__main__":
    store = Minio(
        os.environ["PEER_STORE"],
        access_key=os.environ["PEER_KEY"],
        secret_key=os.environ["PEER_SECRET"],
        secure=False,
    )
    kept = Images(*load(sys.argv[1]), sys.argv[2], store)
    uvicorn.run(build(kept), port=int(sys.argv[3]), log_level="warning")
