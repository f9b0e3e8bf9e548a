"""How the deletion of an account is shown."""

from argus.auth.v1 import auth_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mesh.commands.terminal import Terminal, say
from mesh.commands.words import when

_STATES = {
    auth_pb2.AccountDeletion.REMOVING: "Some services have not removed all yet.",
    auth_pb2.AccountDeletion.REMOVED: "Every service has removed what it had, and will look once "
    "more.",
    auth_pb2.AccountDeletion.DONE: "Every service has removed what it had, and has looked once "
    "more.",
}


def show_deletion(deletion: auth_pb2.AccountDeletion) -> None:
    """Prints how far it is, and what each service removed."""
    say(f"Deleted {when(deletion.create_time)}. {_STATES.get(deletion.state, '')}".rstrip())
    table = Table("service", "removed", "", "reported", box=SIMPLE_HEAD, pad_edge=False)
    for report in deletion.reports:
        rows = sorted(report.removed.items()) or [("nothing", 0)]
        for row, (what, count) in enumerate(rows):
            table.add_row(
                "" if row else report.service,
                what.replace("_", " "),
                f"{count:,}" if count else "",
                "" if row else when(report.report_time),
            )
    Terminal(fold=True).print(table)
