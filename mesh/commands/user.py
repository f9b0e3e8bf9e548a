"""`argus user`, put together."""

from mesh.commands.login import user
from mesh.commands.mail import confirm, email, mail, reset
from mesh.commands.roles import list_users, promote

user.command("reset")(reset)
user.command("email")(email)
user.command("confirm")(confirm)
user.command("mail")(mail)
user.command("list")(list_users)
user.command("promote")(promote)

__all__ = ["user"]
