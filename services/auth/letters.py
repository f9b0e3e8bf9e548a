"""What mails say.

Nothing in a mail was written by a stranger: no names of people, because anybody may register with
a name that reads like an order, and with somebody else's address. So what is sent to people who
asked for nothing is always ours alone.
"""

from dataclasses import dataclass
from html import escape

from services.auth.mail_model import Letter, Mail, Wording

RESET_PATH = "/reset-password"
CONFIRM_PATH = "/confirm-email"
FORGOT_PATH = "/forgot-password"

_NOT_YOU = "If it was not you, do nothing: without this mail nobody can go on."


@dataclass(frozen=True, slots=True)
class _Text:
    """A mail's words: what happened, perhaps a link, and what else there is to know."""

    subject: str
    before: str
    """Paragraphs."""
    link: tuple[str, str] | None = None
    """What it does, and where."""
    code: tuple[str, str] | None = None
    """The command that takes the code, and the code."""
    after: str = ""


class Letters:
    """Writes mails.

    Args:
        public_url: Where people find the page, such as `https://argus.example.org`.
        installation: What the installation is called.
        reset_minutes: How long the token of a reset is good.
        confirm_hours: How long the token that confirms an address is good.
    """

    def __init__(
        self, public_url: str, installation: str, *, reset_minutes: int, confirm_hours: int
    ) -> None:
        self._url = public_url.rstrip("/")
        self._name = installation
        self._reset_minutes = reset_minutes
        self._confirm_hours = confirm_hours

    def write(self, mail: Mail, wording: Wording, token: str) -> Letter:
        """The letter; the token is in it where the wording asks for something."""
        text = self._text(mail.email, wording, token)
        plain, html = _plain(text), _html(text)
        return Letter(mail.mail_id, mail.email, text.subject, plain, html, mail.created_at)

    def _text(self, email: str, wording: Wording, token: str) -> _Text:
        name = self._name
        # Behind `#`: browsers keep that to themselves, so that it is in no server's log.
        reset = f"{self._url}{RESET_PATH}#token={token}"
        confirm = f"{self._url}{CONFIRM_PATH}#token={token}"
        forgot = ("Set a new password", f"{self._url}{FORGOT_PATH}")
        match wording:
            case Wording.RESET:
                return _Text(
                    f"{name}: set a new password",
                    f"Somebody, probably you, forgot the password of {email} at {name}.",
                    ("Set a new password", reset),
                    ("argus user reset", token),
                    f"This works once, for {self._reset_minutes} minutes. {_NOT_YOU}",
                )
            case Wording.CONFIRM_ACCOUNT:
                return _Text(
                    f"{name}: confirm your address",
                    f"Somebody, probably you, registered with {email} at {name}.",
                    ("Confirm the address", confirm),
                    ("argus user confirm", token),
                    f"This works once, for {self._confirm_hours} hours. Then sign in with the "
                    f"password that was chosen. {_NOT_YOU}",
                )
            case Wording.CONFIRM_CHANGE:
                return _Text(
                    f"{name}: confirm your new address",
                    f"Somebody wants to use {email} for their account at {name}.",
                    ("Confirm the address", confirm),
                    ("argus user confirm", token),
                    f"This works once, for {self._confirm_hours} hours. {_NOT_YOU}",
                )
            case Wording.HAS_ACCOUNT:
                return _Text(
                    f"{name}: you have an account",
                    f"Somebody, perhaps you, asked for {email} to be used for another account at "
                    f"{name}. You have one with it, and nothing was changed."
                    "\n\nIf you forgot its password, set a new one:",
                    forgot,
                )
            case Wording.PASSWORD_SET:
                return _Text(
                    f"{name}: your password was changed",
                    f"The password of {email} at {name} was reset by a mail to this address, and "
                    "all sessions have ended. API keys are still good."
                    "\n\nIf it was not you, somebody reads your mail. See to that first, then set "
                    "a new password:",
                    forgot,
                )
            case Wording.EMAIL_CHANGED:
                return _Text(
                    f"{name}: your address was changed",
                    f"Your account at {name} has another email address now, and {email} no longer "
                    "belongs to it."
                    f"\n\nIf it was not you, tell whoever runs {name} at once: somebody knows "
                    "your password.",
                )


def _plain(text: _Text) -> str:
    parts = [text.before]
    if text.link:
        parts.append(text.link[1])
    if text.code:
        parts.append(f"Or give this code to `{text.code[0]}`:\n\n{text.code[1]}")
    return "\n\n".join([*parts, text.after]).rstrip() + "\n"


def _html(text: _Text) -> str:
    parts = [f"<p>{escape(one)}</p>" for one in text.before.split("\n\n")]
    if text.link:
        words, url = text.link
        parts.append(f'<p><a href="{escape(url)}">{escape(words)}</a></p>')
    if text.code:
        command, code = text.code
        parts.append(
            f"<p>Or give this code to <code>{escape(command)}</code>:<br>"
            f"<code>{escape(code)}</code></p>"
        )
    if text.after:
        parts.append(f"<p>{escape(text.after)}</p>")
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(text.subject)}</title></head>\n"
        f'<body style="font-family: sans-serif; line-height: 1.5">\n{body}\n</body></html>\n'
    )
