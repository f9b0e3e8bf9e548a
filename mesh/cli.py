"""The command line, put together."""

import typer

from mesh.commands.apikey import apikey
from mesh.commands.audit import audit
from mesh.commands.backup import backup
from mesh.commands.capacity import capacity
from mesh.commands.check import check
from mesh.commands.doctor import doctor
from mesh.commands.down import down
from mesh.commands.duplicates import duplicates
from mesh.commands.edge import edge
from mesh.commands.events import events
from mesh.commands.group import group
from mesh.commands.images.app import images
from mesh.commands.import_ import import_
from mesh.commands.info import info
from mesh.commands.inspect_ import inspect
from mesh.commands.inspections import inspections
from mesh.commands.key import key
from mesh.commands.limits import limits
from mesh.commands.login import login, user
from mesh.commands.mail import confirm, email, mail, reset
from mesh.commands.map_ import map_
from mesh.commands.models import models
from mesh.commands.queue import queue
from mesh.commands.refset.app import refset
from mesh.commands.reindex import reindex
from mesh.commands.retention import retention
from mesh.commands.review import feedback, stats
from mesh.commands.roles import list_users, promote
from mesh.commands.saved import saved
from mesh.commands.search import search
from mesh.commands.session import session
from mesh.commands.status import status
from mesh.commands.trusting import trusting
from mesh.commands.up import up
from mesh.commands.usage import usage
from mesh.commands.video import video

app = typer.Typer(
    name="argus",
    help="Visual search and anomaly detection on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

# The mesh itself.
app.command("up")(up)
app.command("down")(down)
app.command("status")(status)
app.command("doctor")(doctor)
app.command("capacity")(capacity)
app.command("check")(check)
app.add_typer(events, name="events")
app.add_typer(backup, name="backup")
app.add_typer(models, name="models")
app.add_typer(edge, name="edge")
app.add_typer(key, name="key")
app.add_typer(limits, name="limits")

# What clients do with a mesh that runs.
app.command("login")(login)
user.command("reset")(reset)
user.command("email")(email)
user.command("confirm")(confirm)
user.command("mail")(mail)
user.command("list")(list_users)
user.command("promote")(promote)
app.add_typer(user, name="user")
app.add_typer(audit, name="audit")
app.add_typer(session, name="session")
app.add_typer(apikey, name="apikey")
app.add_typer(group, name="group")
app.command("info")(info)
app.command("usage")(usage)
app.command("import")(import_)
app.command("search")(search)
app.add_typer(saved, name="saved")
app.command("duplicates")(duplicates)
app.command("map")(map_)
app.command("reindex")(reindex)
app.add_typer(images, name="images")
app.add_typer(video, name="video")
app.add_typer(retention, name="retention")

# Inspection.
app.add_typer(refset, name="refset")
app.command("inspect")(inspect)
app.add_typer(inspections, name="inspections")
app.command("feedback")(feedback)
app.command("queue")(queue)
app.command("stats")(stats)

trusting(app)
