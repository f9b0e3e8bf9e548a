"""`argus refset`: reference sets, their images, and their versions."""

import typer

from mesh.commands.refset.calibrate import calibrate
from mesh.commands.refset.compare import compare, train
from mesh.commands.refset.export import export, report
from mesh.commands.refset.images import add, proposals, remove
from mesh.commands.refset.jobs import job, jobs
from mesh.commands.refset.notify import notify
from mesh.commands.refset.parts import parts
from mesh.commands.refset.sets import create, delete, list_, rename, show
from mesh.commands.refset.sharing import accept, decline, invitations, leave, share, unshare
from mesh.commands.refset.threshold import threshold
from mesh.commands.refset.versions import use, versions

refset = typer.Typer(
    no_args_is_help=True,
    help="Reference sets: images of good parts, from which Argus learns what is normal.",
)

refset.command("create")(create)
refset.command("list")(list_)
refset.command("show")(show)
refset.command("rename")(rename)
refset.command("delete")(delete)
refset.command("add")(add)
refset.command("remove")(remove)
refset.command("proposals")(proposals)
refset.command("parts")(parts)
refset.command("calibrate")(calibrate)
refset.command("versions")(versions)
refset.command("use")(use)
refset.command("threshold")(threshold)
refset.command("compare")(compare)
refset.command("train")(train)
refset.command("jobs")(jobs)
refset.command("job")(job)
refset.command("share")(share)
refset.command("unshare")(unshare)
refset.command("invitations")(invitations)
refset.command("accept")(accept)
refset.command("decline")(decline)
refset.command("leave")(leave)
refset.command("export")(export)
refset.command("report")(report)
refset.add_typer(notify, name="notify")
