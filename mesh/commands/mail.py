"""`argus user reset`, `email`, `confirm` and `mail`: what people do by mail."""

import asyncio
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Annotated

import typer
from argus.auth.v1 import auth_pb2, email_pb2

from argus_client.tokens import CALL_TIMEOUT_S
from mesh.client.connection import connect
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import say
from mesh.commands.up import DataDir
from mesh.commands.words import counted
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.options import DEFAULT_DATA_DIR

Code = Annotated[
    str,
    typer.Option(
        envvar="ARGUS_MAIL_CODE",
        help="The code in the mail. Other programs can see it on the command line: better use the "
        "prompt or the variable.",
        show_envvar=True,
    ),
]


@explained
def reset(
    email: Annotated[str, typer.Option(help="Email address of the account.")] = "",
    code: Code = "",
    new: Annotated[
        str,
        typer.Option(
            "--new-password",
            envvar="ARGUS_NEW_PASSWORD",
            help="The new password; better use the prompt or the variable.",
        ),
    ] = "",
    request: Annotated[
        bool, typer.Option("--request", help="Have the mail sent, and do no more.")
    ] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Set a new password if you forgot yours, with a code that is mailed to you."""
    if request or not code:
        address = email or typer.prompt("Email")
        asyncio.run(_request_reset(server, address))
        say(f"If {address} has an account, a mail with a code is on its way.")
    if request:
        return
    typed = code or typer.prompt("Code", hide_input=True)
    chosen = new or typer.prompt("New password", hide_input=True, confirmation_prompt=True)

    async def run() -> int:
        async with connect(server) as connection:
            answer = await connection.email.ResetPassword(
                email_pb2.ResetPasswordRequest(token=typed, new_password=chosen),
                timeout=CALL_TIMEOUT_S,
            )
            return answer.revoked_count

    closed = asyncio.run(run())
    say(f"The password is set, and {counted(closed, 'session')} ended. Sign in: `argus login`.")


@explained
def email(
    address: Annotated[str, typer.Argument(help="The address that the account is to have.")],
    password: Annotated[
        str,
        typer.Option(
            envvar="ARGUS_PASSWORD",
            prompt=True,
            hide_input=True,
            help="Password of the account; better use the prompt or the variable.",
        ),
    ],
    server: Server = DEFAULT_SERVER,
) -> None:
    """Give your account another email address, with a code that is mailed there."""

    async def run() -> None:
        async with connect(server) as connection:
            request = email_pb2.RequestEmailChangeRequest(new_email=address, password=password)
            await connection.call(connection.email.RequestEmailChange, request)

    asyncio.run(run())
    say(f"A mail is on its way to {address}. Nothing changes until you open its link, or give its")
    say("code to `argus user confirm`.")


@explained
def confirm(code: Code = "", server: Server = DEFAULT_SERVER) -> None:
    """Confirm an email address with the code that was mailed to it."""
    typed = code or typer.prompt("Code", hide_input=True)

    async def run() -> auth_pb2.User:
        async with connect(server) as connection:
            return await connection.email.ConfirmEmail(
                email_pb2.ConfirmEmailRequest(token=typed), timeout=CALL_TIMEOUT_S
            )

    say(f"{asyncio.run(run()).email} is confirmed, and you sign in with it from now on.")


@explained
def mail(
    to: Annotated[str, typer.Option(help="Only mails to this address.")] = "",
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Show the last mail of a mesh that has no mail server; for whoever runs it."""
    layout = Layout.of(data_dir)
    for file in sorted(layout.mail.glob("*.eml"), reverse=True):
        message = message_from_bytes(file.read_bytes(), policy=SMTP)
        if to and str(message["to"]).lower() != to.strip().lower():
            continue
        say(f"To: {message['to']}, {message['date']}")
        say(f"Subject: {message['subject']}")
        say("")
        for line in _text(message).splitlines():
            say(line)
        return
    raise MeshError(
        f"There is no such mail in {layout.mail}.",
        "With ARGUS_SMTP_HOST set when it was started, a mesh sends its mails instead.",
    )


def _text(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    return "" if part is None else str(part.get_content())


async def _request_reset(server: str, address: str) -> None:
    async with connect(server) as connection:
        await connection.email.RequestPasswordReset(
            email_pb2.RequestPasswordResetRequest(email=address), timeout=CALL_TIMEOUT_S
        )
