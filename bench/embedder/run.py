"""Measures everything in one run, on one machine."""

import asyncio
import os
import tempfile
import time
from functools import partial
from pathlib import Path

from bench.embedder.checkpoints import random_checkpoint
from bench.embedder.child import Child
from bench.embedder.client import Client
from bench.embedder.compare import Comparison
from bench.embedder.gpu import Gpu
from bench.embedder.items import Items, load_items
from bench.embedder.limit import Limit
from bench.embedder.options import Options, Plan
from bench.embedder.person import measure_person
from bench.embedder.results import ModelResults, Results
from bench.embedder.rounds import Rounds, Say
from bench.embedder.target import Target
from bench.running import RunningMesh, running_mesh
from mesh.client.account import AccountFile
from mesh.client.connection import connect
from services.embedder.models.store import Installed, install

GPU_MODELS = ("ViT-B-32", "ViT-L-14")
COMPACT = "compact"


def run(options: Options, say: Say) -> Results:
    """Measures everything.

    Args:
        options: What is measured.
        say: Tells a person what happens now.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as temporary:
        work = Path(temporary)
        work.chmod(0o711)  # PostgreSQL's own user passes through
        items = load_items(work / "photographs", options.photos)
        results = _Run(options, items, work, say).measure()
    results.seconds = time.monotonic() - began
    return results


class _Run:
    def __init__(self, options: Options, items: Items, work: Path, say: Say) -> None:
        self._options = options
        self._items = items
        self._work = work
        self._say = say
        self._models = options.models.resolve()
        self._cores = os.cpu_count() or 1

    def measure(self) -> Results:
        results = Results(
            image_bytes=self._items.mean_bytes, photographs=len(self._items.photographs)
        )
        installed = {plan.model: self._install(plan.model) for plan in self._options.plans}
        self._say("starting a mesh")
        settings = {"ARGUS_MODEL_DIR": str(self._models)}
        with running_mesh(self._work / "data", model=COMPACT, settings=settings) as mesh:
            for plan in self._options.plans:
                targets = self._targets(mesh, installed[plan.model])
                results.models.append(
                    self._measure_model(plan, installed[plan.model], mesh, targets)
                )
                if plan.model == COMPACT:
                    self._say("a person's searches beside an import")
                    results.person = measure_person(self._options, self._items, targets["direct"])
        if self._options.gpu:
            self._measure_gpu(results)
        return results

    def _measure_model(
        self, plan: Plan, model: Installed, mesh: RunningMesh, targets: dict[str, Target]
    ) -> ModelResults:
        with Child(partial(Client, self._items)) as client:
            with Limit(model.folder, self._items, self._cores) as limit:
                rounds = Rounds(
                    self._options,
                    plan,
                    targets=targets,
                    processes={part: mesh.pid(part) for part in ("embedder", "edge")},
                    limit=limit,
                    client=client,
                )
                rounds.measure(lambda text: self._say(f"{plan.model}: {text}"))
            if self._options.peers:
                self._say(f"{plan.model}: peers")
                comparison = Comparison(
                    self._options,
                    self._options.peers.resolve(),
                    plan,
                    self._items,
                    target=targets["direct"],
                    client=client,
                    checkpoint=COMPACT if plan.model == COMPACT else str(self._random(plan.model)),
                )
                rounds.results.peers.append(comparison.usual())
                if plan.model != COMPACT:
                    rounds.results.peers.append(comparison.infinity())
        return rounds.results

    def _measure_gpu(self, results: Results) -> None:
        with Child(Gpu) as gpu:
            results.gpu_name = gpu.call("name")
            for architecture in GPU_MODELS if results.gpu_name else ():
                self._say(f"{architecture} on {results.gpu_name}")
                folder = self._install(architecture).folder
                results.gpu.append(
                    gpu.call("measure", architecture, folder, self._items, self._cores)
                )

    def _install(self, model: str) -> Installed:
        self._say(f"{model}: installing it")
        source = model if model == COMPACT else f"local-dir:{self._random(model)}"
        return install(source, self._models, threads=self._cores, report=self._say)

    def _random(self, architecture: str) -> Path:
        return random_checkpoint(architecture, self._models / "checkpoints")

    def _targets(self, mesh: RunningMesh, model: Installed) -> dict[str, Target]:
        accounts = self._work / "accounts"
        token = asyncio.run(_token(mesh, accounts, known=accounts.exists()))
        addresses = {"direct": mesh.embedder, "edge": mesh.server}
        return {
            kind: Target(address, token, model.manifest.info.model)
            for kind, address in addresses.items()
        }


async def _token(mesh: RunningMesh, accounts: Path, *, known: bool) -> str:
    """A fresh access token of the benchmark's user, who is registered unless known."""
    async with connect(mesh.server, AccountFile(accounts)) as connection:
        account = await connection.sign_in(
            "bench@example.org", "a long password", name=None if known else ""
        )
        return account.access_token
