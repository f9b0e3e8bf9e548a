"""Memory that a process with a shard has after queries, more than before it was opened.

`python -m bench.search.resident FOLDER QUERIES FORM`: a file of NumPy's, and the vectors' form.
Prints the bytes that are resident, of its files and of its own.
"""

import asyncio
import gc
import sys
from pathlib import Path

import numpy as np
import psutil

from bench.search.index import ALL, SCOPES, SPACE
from bench.search.vectors import LIMIT
from services.search.index.qdrant_edge import EdgeIndex
from services.search.index.tuning import BuildTuning, GraphTuning, Quantization


async def _run(folder: Path, queries: Path, quantization: str) -> int:
    asked = np.load(queries)
    process = psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    index = EdgeIndex(
        folder,
        graph=GraphTuning(quantization=Quantization(quantization)),
        build=BuildTuning(from_points=0),
    )
    await index.open(SPACE)
    for query in asked:
        await index.search(SPACE, query.tolist(), SCOPES[ALL], limit=LIMIT)
    after = process.memory_info().rss
    await index.close()
    return after - before


if __name__ == "__main__":
    print(asyncio.run(_run(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])))
