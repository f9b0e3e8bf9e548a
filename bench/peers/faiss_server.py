"""The usual service: FastAPI before faiss; vectors in memory, no users, no disk.

    python -m bench.peers.faiss_server VECTORS PORT M EF_CONSTRUCT EF

A file of NumPy's; a request is `{"vector": […], "limit": 10}` at `/search`, and the answer names
the nearest with their scores and what is known of each.
"""

import sys

import faiss
import numpy as np
import uvicorn
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel


class Query(BaseModel):
    """What is asked."""

    vector: list[float]
    limit: int = 10


def build(path: str, m: int, ef_construct: int, ef: int) -> FastAPI:
    """The service, once its graph is there."""
    kept = np.load(path)
    index = faiss.IndexHNSWFlat(kept.shape[1], m, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = ef_construct
    index.hnsw.efSearch = ef
    index.add(kept)
    faiss.omp_set_num_threads(1)
    records = [{"filename": f"{number}.jpg", "labels": {}} for number in range(len(kept))]
    app = FastAPI()

    @app.post("/search")
    async def search(query: Query) -> dict[str, list[dict[str, object]]]:
        vector = np.array(query.vector, np.float32)[None]
        scores, numbers = await run_in_threadpool(index.search, vector, query.limit)
        return {
            "matches": [
                {"image": records[number], "score": float(score)}
                for number, score in zip(numbers[0], scores[0], strict=True)
            ]
        }

    return app


if __name__ == "__main__":
    chosen = build(sys.argv[1], *map(int, sys.argv[3:6]))
    uvicorn.run(chosen, port=int(sys.argv[2]), log_level="warning")
