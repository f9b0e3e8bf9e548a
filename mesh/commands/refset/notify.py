"""`argus refset notify`: where what is found with a set is sent on to."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import grpc
import typer
from argus.inspection.v1 import inspection_pb2 as pb
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from argus_client.errors import reason_of
from mesh.client.connection import Connection, connect
from mesh.client.reference_sets import find_set
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.options import SetName
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import counted, when
from mesh.errors import MeshError

T = TypeVar("T")

TEST_WITHIN_S = 20.0
TEST_EVERY_S = 0.3

notify = typer.Typer(
    no_args_is_help=True, help="Send what is found with a set on, to a webhook or into Redis."
)


@notify.command("set")
@explained
def set_(
    set_name: SetName,
    webhook: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Post results there; whoever runs the installation allows which hosts.",
        ),
    ] = "",
    redis: Annotated[
        bool,
        typer.Option("--redis", help="Append results to a stream of the installation's Redis."),
    ] = False,
    anomalous_only: Annotated[
        bool, typer.Option("--anomalous-only", help="Only what is anomalous.")
    ] = False,
    new_secret: Annotated[
        bool, typer.Option("--new-secret", help="Have a new secret; the old one ends at once.")
    ] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Say where results of a set go; another place replaces the one before.

    The secret that a webhook's results are signed with is shown once.
    """
    if bool(webhook) == redis:
        raise MeshError("Where to?", "Give --webhook URL, or --redis.")
    sink = pb.ResultSink(anomalous_only=anomalous_only)
    if redis:
        sink.redis_stream.SetInParent()
    else:
        sink.webhook.url = webhook

    async def call(connection: Connection, set_id: str) -> pb.SetResultSinkResponse:
        return await connection.call(
            connection.inspection.SetResultSink,
            pb.SetResultSinkRequest(reference_set_id=set_id, sink=sink, new_secret=new_secret),
        )

    found, answer = _with_set(set_name, server, call)
    say(f"Results of {found.display_name} go to {_place(answer.sink)}.")
    if answer.secret:
        say(f"Their secret, shown this once: {answer.secret}")
        say(f"`argus refset notify test {set_name}` sends a test.")


@notify.command("show")
@explained
def show(set_name: SetName, server: Server = DEFAULT_SERVER) -> None:
    """Show where results of a set go, how that fares, and what was not delivered."""

    async def call(
        connection: Connection, set_id: str
    ) -> tuple[pb.ResultSink, list[pb.ResultDelivery]]:
        sink = await connection.call(
            connection.inspection.GetResultSink, pb.GetResultSinkRequest(reference_set_id=set_id)
        )
        listed = await connection.call(
            connection.inspection.ListResultDeliveries,
            pb.ListResultDeliveriesRequest(reference_set_id=set_id),
        )
        return sink, list(listed.deliveries)

    found, (sink, deliveries) = _with_set(set_name, server, call)
    what = "Anomalous results" if sink.anomalous_only else "Results"
    say(f"{what} of {found.display_name} go to {_place(sink)}.")
    last = f", the last {when(sink.last_delivery_time)} UTC" if sink.delivered else ""
    say(
        f"{sink.delivered} delivered{last}; {sink.waiting} waiting, {sink.given_up} given up, "
        f"{sink.dropped} dropped because too many waited."
    )
    if sink.last_problem:
        say(f"The last try failed: {sink.last_problem}.", style="yellow")
    if not deliveries:
        return
    table = Table(
        "made (UTC)", "tries", "next try (UTC)", Column("problem", overflow="fold"),
        Column("result id", no_wrap=True), box=SIMPLE_HEAD, pad_edge=False,
    )  # fmt: skip
    for one in deliveries:
        then = when(one.next_try_time) if one.HasField("next_try_time") else "given up"
        table.add_row(when(one.create_time), str(one.tries), then, one.problem, one.delivery_id)
    Terminal(fold=True).print(table)
    if sink.given_up:
        say(f"`argus refset notify retry {set_name}` has them sent once more.")


@notify.command("test")
@explained
def trial(set_name: SetName, server: Server = DEFAULT_SERVER) -> None:
    """Send a test to where results of a set go, and say whether it arrived."""

    async def call(connection: Connection, set_id: str) -> pb.ResultDelivery | None:
        sent = await connection.call(
            connection.inspection.TestResultSink, pb.TestResultSinkRequest(reference_set_id=set_id)
        )
        until = time.monotonic() + TEST_WITHIN_S
        while time.monotonic() < until:
            listed = await connection.call(
                connection.inspection.ListResultDeliveries,
                pb.ListResultDeliveriesRequest(reference_set_id=set_id),
            )
            # The newest 100 are told, and nothing is newer than this.
            waiting = [one for one in listed.deliveries if one.delivery_id == sent.delivery_id]
            if not waiting or waiting[0].problem:
                return waiting[0] if waiting else None
            await asyncio.sleep(TEST_EVERY_S)
        sent.problem = f"it was not tried within {TEST_WITHIN_S:.0f} s"
        return sent

    _, failed = _with_set(set_name, server, call)
    if failed is not None:
        raise MeshError(
            f"The test did not arrive: {failed.problem}.",
            f"It is tried again by itself; `argus refset notify show {set_name}` tells how it "
            "fares.",
        )
    say("The test arrived.")


@notify.command("retry")
@explained
def retry(set_name: SetName, server: Server = DEFAULT_SERVER) -> None:
    """Send what was given up once more, and what waits now."""

    async def call(connection: Connection, set_id: str) -> pb.ResultSink:
        return await connection.call(
            connection.inspection.RetryResultDeliveries,
            pb.RetryResultDeliveriesRequest(reference_set_id=set_id),
        )

    _, sink = _with_set(set_name, server, call)
    say(f"{counted(sink.waiting, 'result')} will be sent.")


@notify.command("off")
@explained
def off(set_name: SetName, server: Server = DEFAULT_SERVER) -> None:
    """Send results of a set on no longer; what waits is deleted."""

    async def call(connection: Connection, set_id: str) -> pb.DeleteResultSinkResponse:
        return await connection.call(
            connection.inspection.DeleteResultSink,
            pb.DeleteResultSinkRequest(reference_set_id=set_id),
        )

    found, _ = _with_set(set_name, server, call)
    say(f"Results of {found.display_name} are not sent on.")


def _with_set(
    set_name: str, server: str, call: Callable[[Connection, str], Awaitable[T]]
) -> tuple[pb.ReferenceSet, T]:
    async def run() -> tuple[pb.ReferenceSet, T]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            return found, await call(connection, found.reference_set_id)

    try:
        return asyncio.run(run())
    except grpc.aio.AioRpcError as error:
        if reason_of(error) == "RESULT_SINK_NOT_FOUND":
            raise MeshError(
                "The results of this set are not sent on.",
                f"`argus refset notify set {set_name} --webhook URL` does that.",
            ) from error
        raise


def _place(sink: pb.ResultSink) -> str:
    if sink.HasField("webhook"):
        return sink.webhook.url
    return f"the stream {sink.redis_stream.key} of Redis"
