"""What auth reads when it starts."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from services.auth.mail_message import is_address
from services.auth.smtp_mailer import PORTS, Security, SmtpServer
from services.auth.sso.configuration import load_configuration
from services.runtime.settings import RuntimeSettings


class AuthSettings(RuntimeSettings):
    """Settings of the auth service."""

    listen: str = Field(default="127.0.0.1:50051", pattern=r"^.+:\d{1,5}$")
    """`host:port` that auth listens on."""

    postgres_url: str = Field(pattern=r"^postgres(ql)?://")
    """PostgreSQL; auth owns the schema `auth`."""

    access_token_ttl_s: int = Field(default=900, ge=60, le=86_400)
    """Seconds that an access token is good for."""

    refresh_token_ttl_s: int = Field(default=30 * 86_400, ge=3_600)
    """Seconds that a session lives without being refreshed."""

    refresh_reuse_s: int = Field(default=30, ge=0, le=300)
    """Seconds in which a refresh token that was just used may be used again, by a second tab or
    after an answer was lost; 0 closes the session at any second use."""

    bcrypt_rounds: int | None = Field(default=None, ge=4, le=16)
    """log2 of bcrypt's iterations; each step up doubles a login's cost. If it is not set, it is the
    largest whose hash takes no longer than `bcrypt_target_ms` on this machine, within bounds."""

    bcrypt_target_ms: int = Field(default=300, ge=10, le=5_000)
    """Milliseconds that a password's hash may take."""

    bcrypt_min_rounds: int = Field(default=11, ge=4, le=16)
    """Smallest cost that is chosen, however slow the machine is."""

    bcrypt_max_rounds: int = Field(default=14, ge=4, le=16)
    """Largest cost that is chosen; not below `bcrypt_min_rounds`."""

    login_first_wait_s: float = Field(default=1.0, gt=0, le=900)
    """Seconds to wait after too many wrong passwords; twice as long with each further one."""

    login_free_attempts: int = Field(default=5, ge=1)
    """Wrong passwords for one account from one address before it must wait, up to a quarter of an
    hour. One is forgotten each hour, all with a right one."""

    login_free_attempts_of_address: int = Field(default=50, ge=1)
    """Wrong passwords from one address, whatever the account, before it must wait, up to a minute.
    One is forgotten each minute."""

    login_free_attempts_of_account: int = Field(default=100, ge=1)
    """Wrong passwords for one account, from all addresses, before they must wait, up to a minute.
    One is forgotten every five minutes."""

    registrations_of_address: int = Field(default=250, ge=1)
    """Accounts that may be made from one address before it must wait, up to a minute; another one
    is free every fifteen seconds."""

    mail_requests_of_address: int = Field(default=30, ge=1)
    """Mails to whomever that may be asked for from one address before it must wait, up to a minute;
    another one is free each minute. To one recipient three from one address, ten from all."""

    confirm_email: bool = False
    """Whether an account is made only when its email address is confirmed by mail. Registering
    does not tell then whether an address has an account."""

    reset_token_ttl_s: int = Field(default=3_600, ge=60, le=86_400)
    """Seconds that a mail with which a password is reset is good for."""

    confirm_token_ttl_s: int = Field(default=86_400, ge=600, le=7 * 86_400)
    """Seconds that a mail which confirms an address is good for, and that a registration waits."""

    public_url: str = Field(default="http://127.0.0.1:8080", pattern=r"^https?://[^\s#?<>\"]+$")
    """Where people find the page; links in mails begin with it."""

    installation_name: str = Field(default="Argus", pattern=r"^[^\x00-\x1f\x7f]{1,100}$")
    """What mails call this installation."""

    mail_dir: Path = Path(".argus/mail")
    """Where mails are written while no `smtp_host` is set, for whoever runs the installation."""

    mail_from: str = ""
    """Address that mails come from; needed with `smtp_host`."""

    smtp_host: str = ""
    """SMTP server that takes mails; empty: there is none."""

    smtp_port: int | None = Field(default=None, ge=1, le=65_535)
    """Its port; by default 587 with STARTTLS, 465 with TLS, 25 without."""

    smtp_security: Security = "starttls"
    """`starttls`: encrypts before anything is said, or sends nothing; `tls`: encrypts from the
    first byte; `none`: for a server on this machine or in a closed network."""

    smtp_user: str = ""
    """Who signs in there; empty: nobody does."""

    smtp_password: SecretStr = SecretStr("")
    """Password for that."""

    account_settle_s: int = Field(default=1_800, ge=0, le=86_400)
    """Seconds after an account's deletion at which every service looks once more for what a call
    that was under way then still wrote; longer than any such call, and than a presigned PUT."""

    signing_key_days: int = Field(default=90, ge=0, le=3_650)
    """Days after which a new key signs access tokens; 0: only by command (`argus key rotate`)."""

    signing_key_lead_s: int = Field(default=180, ge=0, le=86_400)
    """Seconds that a new key is published before it signs; more than the minute for which the edge
    remembers keys."""

    oidc_file: Path | None = None
    """Identity providers by which people sign in (`docs/single-sign-on.md`), TOML; none if unset.
    With client secrets in it only its owner may read it."""

    oidc_client_secrets: dict[str, SecretStr] = Field(default={}, repr=False)
    """Client secrets that are not in that file, as JSON: `{"company": "…"}`, by provider."""

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        if self.bcrypt_max_rounds < self.bcrypt_min_rounds:
            raise ValueError("ARGUS_BCRYPT_MAX_ROUNDS is below ARGUS_BCRYPT_MIN_ROUNDS")
        return self

    @model_validator(mode="after")
    def _mail_can_leave(self) -> Self:
        if (self.mail_from or self.smtp_host) and not is_address(self.mail_from):
            raise ValueError("ARGUS_MAIL_FROM is not an email address, such as argus@example.org")
        if self.smtp_user and self.smtp_host and self.smtp_security == "none":
            raise ValueError("ARGUS_SMTP_SECURITY=none would send a password that others can read")
        return self

    @model_validator(mode="after")
    def _identity_providers_are_sound(self) -> Self:
        load_configuration(self.oidc_file, self.oidc_client_secrets)
        return self

    @property
    def smtp(self) -> SmtpServer | None:
        """The server that takes mails; None if there is none."""
        if not self.smtp_host:
            return None
        return SmtpServer(
            self.smtp_host,
            self.smtp_port or PORTS[self.smtp_security],
            self.smtp_security,
            self.smtp_user,
            self.smtp_password,
        )
