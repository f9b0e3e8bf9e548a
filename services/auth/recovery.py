"""The use cases of mail: a new password, another address, and addresses that are confirmed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.auth.attempts import AttemptGuard
from services.auth.closing import Closing
from services.auth.errors import MailTokenInvalid, TooManyMails
from services.auth.mail_guard import MailGuard
from services.auth.mail_model import Mail, MailKind, Registration
from services.auth.mail_ports import MailTokens, Outbox, RegistrationStore
from services.auth.model import User
from services.auth.password_rules import check_password
from services.auth.passwords import PasswordHasher
from services.auth.ports import AccountStore
from services.auth.sso.errors import require_password_sign_in
from services.auth.sso.proof import OwnerProof
from services.auth.tokens import secret_digest
from services.runtime.audit_entry import note
from services.runtime.edge import Client
from services.runtime.errors import InvalidInput
from services.runtime.identity import Identity, SessionClosed

MAX_WAITING = 10_000
"""Mails that may wait to be sent."""

Clock = Callable[[], datetime]


class Recovery:
    """What people do with the mail at their address.

    Args:
        accounts: Users and their passwords.
        outbox: Takes mails that are to be sent.
        tokens: What was mailed.
        proof: Finds out whether a caller is the owner of their account.
        closing: Closes sessions for every service.
        hasher: Hashes passwords.
        guesses: Refuses guesses that come too early.
        guard: Refuses mails that are asked for too often.
        wake: Says that a mail was added.
        clock: The present, aware and in UTC.
        max_waiting: Mails that may wait to be sent.
        passwords: Whether people sign in with passwords here.
    """

    def __init__(
        self,
        accounts: AccountStore,
        outbox: Outbox,
        tokens: MailTokens,
        proof: OwnerProof,
        *,
        closing: Closing,
        hasher: PasswordHasher,
        guesses: AttemptGuard,
        guard: MailGuard,
        wake: Callable[[], None],
        clock: Clock,
        max_waiting: int = MAX_WAITING,
        passwords: bool = True,
    ) -> None:
        self._accounts = accounts
        self._proof = proof
        self._passwords = passwords
        self._outbox = outbox
        self._tokens = tokens
        self._closing = closing
        self._hasher = hasher
        self._guesses = guesses
        self._guard = guard
        self._wake = wake
        self._clock = clock
        self._max_waiting = max_waiting

    async def request_reset(self, email: str, client: Client) -> None:
        """Has a mail sent with which the password can be reset, if there is such an account.

        Whether there is one is looked up when the mail is sent, so that nothing here can tell.

        Raises:
            TooManyAttempts: too many mails were asked for to this address, or from the client's.
            TooManyMails: too many wait.
            SignInRefused: no passwords are taken here.
        """
        require_password_sign_in(self._passwords)
        email = email.strip().lower()
        await self._guard.admit(email, client.address)
        await self._add(Mail(uuid4(), MailKind.RESET, email, self._clock()))

    async def reset(self, token: str, new_password: str, client: Client) -> int:
        """Sets a new password and closes all sessions of the account; how many.

        Raises:
            MailTokenInvalid: the token is good no more.
            WeakPassword: the password is not taken; the token can be used again.
            TooManyPasswords: too many wait to be hashed.
            SignInRefused: no passwords are taken here.
        """
        require_password_sign_in(self._passwords)
        digest = secret_digest(token.strip())
        owner = await self._tokens.owner(digest, self._clock())
        if owner is None:
            raise _no_such_token()
        check_password(new_password, email=owner.email, field="new_password")
        password_hash = await self._hasher.hash(new_password, party=client.address)
        done = await self._tokens.reset_password(
            digest, password_hash, notice_id=uuid4(), now=self._clock()
        )
        if done is None:
            raise _no_such_token()
        note(user_id=str(done.user.user_id), email=done.user.email)
        self._wake()
        await self._closing.mark(done.closed)
        # Who has just shown that the account is theirs need not wait for earlier mistakes.
        await self._guesses.forget(done.user.email, client.address)
        return len(done.closed)

    async def request_change(
        self, caller: Identity, new_email: str, password: str, client: Client
    ) -> None:
        """Has a mail sent to an address with which it becomes the caller's.

        Raises:
            InvalidInput: it is the caller's.
            PasswordWrong, SignInAgain: as with `OwnerProof.require`.
            TooManyAttempts, TooManyPasswords: as with `Accounts.login`, and `request_reset`.
            TooManyMails: too many wait.
            SessionClosed: the account is gone.
        """
        user_id, new_email = UUID(caller.user_id), new_email.strip().lower()
        note(email=new_email)
        user = await self._accounts.user(user_id)
        if user is None:
            raise SessionClosed("the account is gone")
        if user.email == new_email:
            raise InvalidInput("this is the account's address already", field="new_email")
        await self._proof.require(caller, password, client)
        await self._guard.admit(new_email, client.address)
        await self._add(Mail(uuid4(), MailKind.CHANGE, new_email, self._clock(), user_id))

    async def confirm(self, token: str) -> User:
        """Confirms an address: of a registration, which is an account then, or of a change.

        Raises:
            MailTokenInvalid: the token is good no more.
            EmailTaken: another account has the address.
        """
        user = await self._tokens.confirm(
            secret_digest(token.strip()), notice_id=uuid4(), now=self._clock()
        )
        if user is None:
            raise _no_such_token()
        self._wake()
        return user

    async def remove_expired(self) -> None:
        """Forgets tokens and registrations whose time is over."""
        await self._tokens.remove_expired(self._clock())

    async def _add(self, mail: Mail) -> None:
        if not await self._outbox.add(mail, at_most=self._max_waiting):
            raise too_many_mails()
        self._wake()


class Registrations:
    """Registering where addresses are confirmed: nothing tells whether one has an account.

    Args:
        store: Registrations.
        hasher: Hashes passwords.
        guard: Refuses mails that are asked for too often.
        wake: Says that a mail was added.
        ttl: How long a registration waits.
        clock: The present, aware and in UTC.
        max_waiting: Mails that may wait to be sent.
    """

    def __init__(
        self,
        store: RegistrationStore,
        hasher: PasswordHasher,
        guard: MailGuard,
        *,
        wake: Callable[[], None],
        ttl: timedelta,
        clock: Clock,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._store = store
        self._hasher = hasher
        self._guard = guard
        self._wake = wake
        self._ttl = ttl
        self._clock = clock
        self._max_waiting = max_waiting

    async def begin(self, email: str, password: str, display_name: str, client: Client) -> None:
        """Keeps a registration and has a mail sent, whether or not the address has an account.

        Raises:
            TooManyAttempts, TooManyPasswords, TooManyMails: there were too many before.
        """
        await self._guard.admit(email, client.address)
        password_hash = await self._hasher.hash(password, party=client.address)
        now = self._clock()
        made = Registration(uuid4(), email, display_name, password_hash, now, now + self._ttl)
        mail = Mail(uuid4(), MailKind.REGISTER, email, now, registration_id=made.registration_id)
        if not await self._store.add(made, mail, at_most=self._max_waiting):
            raise too_many_mails()
        self._wake()

    async def waits(self, email: str, password: str, client: Client) -> bool:
        """Whether this is the password of the last registration that waits to be confirmed.

        Takes as long if there is none.
        """
        kept = await self._store.password_hash(email, self._clock())
        return (await self._hasher.check(password, kept, party=client.address)).right


def too_many_mails() -> TooManyMails:
    """What is answered while too many mails wait."""
    return TooManyMails("too many mails wait to be sent; try again later", retry_after_s=30)


def _no_such_token() -> MailTokenInvalid:
    return MailTokenInvalid(
        "the link or code was used already, has expired, or is misspelt; ask for another mail",
        field="token",
    )
