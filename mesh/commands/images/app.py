"""`argus images`: the images that are stored."""

import typer

from mesh.commands.images.editing import delete, label, note, undelete
from mesh.commands.images.listing import labels, list_
from mesh.commands.images.showing import show
from mesh.commands.images.watching import watch

images = typer.Typer(no_args_is_help=True, help="Images that are stored: list, show, change.")

images.command("list")(list_)
images.command("show")(show)
images.command("labels")(labels)
images.command("label")(label)
images.command("note")(note)
images.command("delete")(delete)
images.command("undelete")(undelete)
images.command("watch")(watch)
