"""`argus refset compare|train`: two versions on the same feedback, and learning from feedback."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import grpc
import typer
from argus.inspection.v1 import inspection_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from mesh.client.connection import connect, reason_of
from mesh.client.reference_sets import find_set
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.options import SetName
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import proportion
from mesh.errors import MeshError

R = TypeVar("R")
LONG_CALL_S = 600.0
SURE_BELOW = 0.05
_MORE_FEEDBACK = (
    "`argus queue` shows which images to judge next, `argus feedback` records what they are."
)


@explained
def compare(
    set_name: SetName,
    a: Annotated[int, typer.Argument(metavar="A", min=1, help="A version of the set.")],
    b: Annotated[int, typer.Argument(metavar="B", min=1, help="The version to compare it with.")],
    server: Server = DEFAULT_SERVER,
) -> None:
    """Compare two versions: which agrees better with what people said of the images?"""
    if a == b:
        raise MeshError("Name two different versions.")

    async def run() -> inspection_pb2.CompareVersionsResponse:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            return await connection.call(
                connection.inspection.CompareVersions,
                inspection_pb2.CompareVersionsRequest(
                    reference_set_id=found.reference_set_id, version_a=a, version_b=b
                ),
                timeout_s=LONG_CALL_S,
            )

    answer = _with_feedback(run, "Comparing")
    table = agreement_table({f"version {a}": answer.a, f"version {b}": answer.b})
    Terminal(fold=True).print(table)
    say(verdict_of(answer, a, b))


@explained
def train(
    set_name: SetName,
    version: Annotated[
        int, typer.Option(min=0, help="Version to start from; 0 is the one in use.")
    ] = 0,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Learn from feedback which deviations are defects.

    Makes a new version if cross-validation shows that it is better.
    """

    async def run() -> inspection_pb2.TrainHeadResponse:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            return await connection.call(
                connection.inspection.TrainHead,
                inspection_pb2.TrainHeadRequest(
                    reference_set_id=found.reference_set_id, version=version
                ),
                timeout_s=LONG_CALL_S,
            )

    answer = _with_feedback(run, "Training")
    say(
        f"Area under the ROC curve: {answer.auroc_without:.3f} without a head, "
        f"{answer.auroc_with:.3f} with one, on images that it did not learn from "
        f"({answer.normal_count} normal, {answer.defect_count} defective)."
    )
    say(answer.explanation)
    if answer.kept:
        say(
            f"Version {answer.version} is made but not in use yet; "
            f"`argus refset use {set_name} {answer.version}` starts using it.",
            style="green",
        )


def agreement_table(columns: dict[str, inspection_pb2.Agreement]) -> Table:
    """How well verdicts agree with people, with a column for each version that is compared."""
    table = Table("", *(Column(title) for title in columns), box=SIMPLE_HEAD)
    shares = (
        ("defects found (recall)", "recall"),
        ("anomalies that were defects (precision)", "precision"),
        ("false alarms among normal images", "false_alarm_rate"),
    )
    for title, name in shares:
        table.add_row(
            title,
            *(proportion(getattr(one, name), known=one.HasField(name)) for one in columns.values()),
        )
    table.add_row(
        "area under the ROC curve",
        *(f"{one.auroc:.3f}" if one.HasField("auroc") else "–" for one in columns.values()),
    )
    counts = (
        ("defects found / missed", "true_positives", "false_negatives"),
        ("normal images passed / rejected", "true_negatives", "false_positives"),
    )
    for title, right, wrong in counts:
        table.add_row(
            title, *(f"{getattr(one, right)} / {getattr(one, wrong)}" for one in columns.values())
        )
    return table


def verdict_of(answer: inspection_pb2.CompareVersionsResponse, a: int, b: int) -> str:
    """The result of a comparison, in words."""
    only_a, only_b = answer.only_a_right, answer.only_b_right
    if not only_a and not only_b:
        return "Both give the same verdict on every image."
    better = f"Version {a if only_a > only_b else b} is right more often"
    facts = f"only {a} is right on {only_a} images, only {b} on {only_b}"
    chance = f"the probability of such a difference by chance is {answer.p_value:.2g}"
    if only_a == only_b:
        return f"Neither is better: {facts}."
    if answer.p_value < SURE_BELOW:
        return f"{better}: {facts}; {chance}."
    return f"{better}, but that may be chance: {facts}; {chance}. More feedback would show."


def _with_feedback(run: Callable[[], Coroutine[Any, Any, R]], what: str) -> R:
    try:
        with Terminal(stderr=True).status(f"{what} …"):
            return asyncio.run(run())
    except grpc.aio.AioRpcError as error:
        if reason_of(error) != "FEEDBACK_INSUFFICIENT":
            raise
        raise MeshError(
            error.details() or "There is not enough feedback.", _MORE_FEEDBACK
        ) from error
