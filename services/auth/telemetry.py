"""What auth measures."""

from opentelemetry import metrics

from services.runtime import telemetry_contract as contract
from services.runtime.instruments import counter


class AuthMetrics:
    """Auth's instruments.

    Args:
        meters: Where measurements go; the provider of this process if None.
    """

    def __init__(self, meters: metrics.MeterProvider | None = None) -> None:
        self._refusals = counter(contract.ATTEMPTS_REFUSED, meters)
        self._passwords = counter(contract.PASSWORDS_UNDER_WAY, meters)
        self._overloads = counter(contract.PASSWORDS_REFUSED, meters)
        self._deletions = counter(contract.ACCOUNT_DELETIONS, meters)
        self._mails = counter(contract.MAILS, meters)
        self._appended = counter(contract.AUDIT_APPENDED, meters)
        self._sign_ins = counter(contract.SIGN_INS, meters)

    def signed_in(self, provider_id: str, outcome: str) -> None:
        """Counts a sign-in by an identity provider that came to an end."""
        self._sign_ins.add(1, {contract.PROVIDER: provider_id, contract.OUTCOME: outcome})

    def appended(self, entries: int) -> None:
        """Counts entries that were appended to the chain."""
        self._appended.add(entries)

    def mail(self, kind: str, outcome: str) -> None:
        """Counts an attempt to send a mail."""
        self._mails.add(1, {contract.KIND: kind, contract.OUTCOME: outcome})

    def refused(self, kind: str) -> None:
        """Counts an attempt that came too early."""
        self._refusals.add(1, {contract.KIND: kind})

    def passwords(self, more: int) -> None:
        """Records that more passwords are under way, or fewer."""
        self._passwords.add(more)

    def deletion(self, state: str) -> None:
        """Counts a deletion that came so far."""
        self._deletions.add(1, {contract.STATE: state})

    def overloaded(self, room: str) -> None:
        """Counts a password for which there was no room."""
        self._overloads.add(1, {contract.ROOM: room})
