"""`argus refset compare|train`: two versions on the same feedback, and learning from feedback."""

from typing import Annotated
from uuid import uuid4

import grpc
import typer
from argus.inspection.v1 import inspection_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from argus_client.errors import reason_of
from mesh.client.connection import Connection
from mesh.client.jobs import ENDED, failure_reason
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.calibrate import START_PATIENCE_S
from mesh.commands.refset.following import Start, followed, skipped_table, tell_unfinished
from mesh.commands.refset.options import SetName
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import kind_words, proportion
from mesh.errors import MeshError

Wait = Annotated[bool, typer.Option(help="Show progress until it ends.")]
SURE_BELOW = 0.05
_MORE_FEEDBACK = (
    "`argus queue` shows which images to judge next, `argus feedback` records what they are."
)


@explained
def compare(
    set_name: SetName,
    a: Annotated[int, typer.Argument(metavar="A", min=1, help="A version of the set.")],
    b: Annotated[int, typer.Argument(metavar="B", min=1, help="The version to compare it with.")],
    wait: Wait = True,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Compare two versions: which agrees better with what people said of the images?"""
    if a == b:
        raise MeshError("Name two different versions.")

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
        int, typer.Option(min=0, help="Version to start from; 0 is the one in use.")
    ] = 0,
    wait: Wait = True,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Learn from feedback which deviations are defects.

    Makes a new version if cross-validation shows that it is better.
    """

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
    if job.skipped:
        Terminal(fold=True).print(skipped_table(job))
    match job.WhichOneof("result"):
        case "comparison":
            a, b = job.versions
            sides = {f"version {a}": job.comparison.a, f"version {b}": job.comparison.b}
            Terminal(fold=True).print(agreement_table(sides))
            say(verdict_of(job.comparison, a, b))
        case "head_training":
            _tell_training(job.head_training, set_name)
        case _:
            tell_unfinished(job, set_name)
            if failure_reason(job) == "FEEDBACK_INSUFFICIENT":
                say(_MORE_FEEDBACK)
            if job.state in ENDED:
                raise typer.Exit(1)


def _tell_training(answer: inspection_pb2.HeadTraining, set_name: str) -> None:
    say(
        f"Area under the ROC curve: {answer.auroc_without:.3f} without a head, "
        f"{answer.auroc_with:.3f} with one, on images that it did not learn from "
        f"({answer.normal_count} normal, {answer.defect_count} defective)."
    )
    say(answer.explanation)
    if answer.wanted:
        say("What to judge next (`argus queue` asks for it):")
        for one in answer.wanted:
            say(f"  {wanted_words(one)}")
    if answer.marked_count < answer.defect_count:
        say(
            f"{answer.marked_count} of {answer.defect_count} defects are marked; of the others the "
            "worst places are taken for the defect. To mark one: argus feedback ID confirm --box …"
        )
    if answer.kept:
        say(
            f"Version {answer.version} is made but not in use yet; "
            f"`argus refset use {set_name} {answer.version}` starts using it.",
            style="green",
        )


def wanted_words(one: inspection_pb2.WantedFeedback) -> str:
    """What more feedback of a kind would bring, in words."""
    name = kind_words(one.kind)
    match one.advice:
        case inspection_pb2.WantedFeedback.MORE_HELPS:
            return (
                f"some {one.more} more {name} ({one.count} so far): pairs ranked wrongly, from "
                f"{one.error:.1%} to about {one.expected_error:.1%}"
            )
        case inspection_pb2.WantedFeedback.ENOUGH:
            return f"enough {name} ({one.count} so far): more would bring next to nothing"
    return (
        f"whether more {name} help cannot be said yet ({one.count} so far); "
        f"{one.more} more may tell"
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


def verdict_of(answer: inspection_pb2.Comparison, a: int, b: int) -> str:
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


def _done(server: str, set_name: str, start: Start, *, wait: bool) -> inspection_pb2.Job:
    try:
        return followed(server, set_name, start, wait=wait)
    except grpc.aio.AioRpcError as error:
        if reason_of(error) != "FEEDBACK_INSUFFICIENT":
            raise
        raise MeshError(
            error.details() or "There is not enough feedback.", _MORE_FEEDBACK
        ) from error
