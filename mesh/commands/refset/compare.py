"""`argus refset compare|train`: two versions on the same feedback, and learning from feedback."""

from typing import Annotated
from uuid import uuid4

import grpc
import typer
from argus.inspection.v1 import inspection_pb2
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from mesh.client.connection import Connection, reason_of
from mesh.client.jobs import ENDED, failure_reason
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.calibrate import START_PATIENCE_S
from mesh.commands.refset.following import Start, followed, skipped_table, tell_unfinished
from mesh.commands.refset.options import SetName, plain_console
from mesh.commands.words import proportion
from mesh.errors import MeshError

Wait = Annotated[bool, typer.Option(help="Show progress until it ends.")]
SURE_BELOW = 0.05
_MORE_FEEDBACK = "`argus queue` shows what to judge next, `argus feedback` takes the judgement."


@explained
def compare(
    set_name: SetName,
    a: Annotated[int, typer.Argument(metavar="A", min=1, help="One version.")],
    b: Annotated[int, typer.Argument(metavar="B", min=1, help="The other.")],
    wait: Wait = True,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Inspect the images that people judged with two versions; which agrees better?"""
    if a == b:
        raise MeshError(f"Version {a} is as good as itself.", "Name two versions.")

    async def start(
        connection: Connection, found: inspection_pb2.ReferenceSet
    ) -> inspection_pb2.Job:
        return await connection.call(
            connection.inspection.CompareVersions,
            inspection_pb2.CompareVersionsRequest(
                reference_set_id=found.reference_set_id,
                version_a=a,
                version_b=b,
                request_id=str(uuid4()),
            ),
            patience_s=START_PATIENCE_S,
        )

    tell_review(_done(server, set_name, start, wait=wait), set_name)


@explained
def train(
    set_name: SetName,
    version: Annotated[
        int, typer.Option(min=0, help="Version to start from; the current one if 0.")
    ] = 0,
    wait: Wait = True,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Learn from feedback which deviations are defects; kept only if that proves better."""

    async def start(
        connection: Connection, found: inspection_pb2.ReferenceSet
    ) -> inspection_pb2.Job:
        return await connection.call(
            connection.inspection.TrainHead,
            inspection_pb2.TrainHeadRequest(
                reference_set_id=found.reference_set_id, version=version, request_id=str(uuid4())
            ),
            patience_s=START_PATIENCE_S,
        )

    tell_review(_done(server, set_name, start, wait=wait), set_name)


def tell_review(job: inspection_pb2.Job, set_name: str) -> None:
    """Says what came of a comparison or of a head training.

    Raises:
        typer.Exit: It failed or was cancelled.
    """
    console = plain_console()
    if job.skipped:
        console.print(skipped_table(job))
    match job.WhichOneof("result"):
        case "comparison":
            a, b = job.versions
            sides = {f"version {a}": job.comparison.a, f"version {b}": job.comparison.b}
            Console().print(agreement_table(sides))
            console.print(Text(verdict_of(job.comparison, a, b)))
        case "head_training":
            _tell_training(console, job.head_training, set_name)
        case _:
            tell_unfinished(console, job, set_name)
            if failure_reason(job) == "FEEDBACK_INSUFFICIENT":
                console.print(Text(_MORE_FEEDBACK))
            if job.state in ENDED:
                raise typer.Exit(1)


def _tell_training(console: Console, answer: inspection_pb2.HeadTraining, set_name: str) -> None:
    console.print(
        Text(
            f"Area under the ROC curve: {answer.auroc_without:.3f} without a head, "
            f"{answer.auroc_with:.3f} with one, on images that it did not learn from "
            f"({answer.normal_count} normal, {answer.defect_count} defective)."
        )
    )
    console.print(Text(answer.explanation))
    if answer.kept:
        console.print(
            Text(
                f"Version {answer.version} is made, and not in use yet: "
                f"`argus refset use {set_name} {answer.version}`.",
                style="green",
            )
        )


def agreement_table(columns: dict[str, inspection_pb2.Agreement]) -> Table:
    """How verdicts agree with people, a column for each that is compared."""
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


def verdict_of(answer: inspection_pb2.Comparison, a: int, b: int) -> str:
    """What a comparison comes to, in words."""
    only_a, only_b = answer.only_a_right, answer.only_b_right
    if not only_a and not only_b:
        return "Both judge every image alike."
    better = f"Version {a if only_a > only_b else b} is right more often"
    facts = f"only {a} is right on {only_a} images, only {b} on {only_b}"
    chance = f"such a difference comes by chance with probability {answer.p_value:.2g}"
    if only_a == only_b:
        return f"Neither is better: {facts}."
    if answer.p_value < SURE_BELOW:
        return f"{better}: {facts}; {chance}."
    return f"{better}, but that may be chance: {facts}; {chance}. More feedback would tell."


def _done(server: str, set_name: str, start: Start, *, wait: bool) -> inspection_pb2.Job:
    try:
        return followed(server, set_name, start, wait=wait)
    except grpc.aio.AioRpcError as error:
        if reason_of(error) != "FEEDBACK_INSUFFICIENT":
            raise
        raise MeshError(
            error.details() or "There is not enough feedback.", _MORE_FEEDBACK
        ) from error
