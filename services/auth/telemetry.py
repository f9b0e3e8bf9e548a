"""What auth measures, by the OpenTelemetry API."""

from opentelemetry import metrics


class AuthMetrics:
    """Auth's instruments.

    Args:
        meters: Where measurements go; the provider of this process if None.
    """

    def __init__(self, meters: metrics.MeterProvider | None = None) -> None:
        meter = metrics.get_meter("argus.auth", meter_provider=meters)
        self._refusals = meter.create_counter(
            "auth.attempts.refused",
            description="Attempts that came too early, by kind: login, registration, mail",
        )
        self._passwords = meter.create_up_down_counter(
            "auth.passwords.under_way", description="Passwords that are hashed or wait for it"
        )
        self._overloads = meter.create_counter(
            "auth.passwords.refused",
            description="Passwords that were turned away, by whose room was full: all, address",
        )
        self._deletions = meter.create_counter(
            "auth.accounts.deletions",
            description="Deletions of accounts, by how far they came: removing, removed, done",
        )
        self._mails = meter.create_counter(
            "auth.mails",
            description="Attempts to send mails, by kind and outcome: sent, retried, failed for "
            "good, nothing to say",
        )
        self._appended = meter.create_counter(
            "auth.audit.appended", description="Entries appended to the chain of the audit"
        )

    def appended(self, entries: int) -> None:
        """Counts entries that were appended to the chain."""
        self._appended.add(entries)

    def mail(self, kind: str, outcome: str) -> None:
        """Counts an attempt to send a mail."""
        self._mails.add(1, {"kind": kind, "outcome": outcome})

    def refused(self, kind: str) -> None:
        """Counts an attempt that came too early."""
        self._refusals.add(1, {"kind": kind})

    def passwords(self, more: int) -> None:
        """Records that more passwords are under way, or fewer."""
        self._passwords.add(more)

    def deletion(self, state: str) -> None:
        """Counts a deletion that came so far."""
        self._deletions.add(1, {"state": state})

    def overloaded(self, room: str) -> None:
        """Counts a password for which there was no room."""
        self._overloads.add(1, {"room": room})
