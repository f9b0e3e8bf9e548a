"""Protobuf to domain and back."""

from collections.abc import Iterable
from datetime import datetime

from argus.auth.v1 import auth_pb2, operator_pb2
from argus.policy.v1 import policy_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.auth.deletion_record import DeletionRecord, DeletionState
from services.auth.model import ApiKey, OpenSession, Scope, SignedIn, User
from services.auth.rotation import KeyState, KeyStatus
from services.auth.signing import SigningKey

_SCOPES = {
    auth_pb2.ApiKey.READ: Scope.READ,
    auth_pb2.ApiKey.WRITE: Scope.WRITE,
    auth_pb2.ApiKey.INSPECT: Scope.INSPECT,
    auth_pb2.ApiKey.EMBED: Scope.EMBED,
}
_SCOPE_VALUES = {scope: value for value, scope in _SCOPES.items()}
_KEY_STATES = {
    KeyState.NEXT: operator_pb2.SigningKey.NEXT,
    KeyState.SIGNING: operator_pb2.SigningKey.SIGNING,
    KeyState.RETIRED: operator_pb2.SigningKey.RETIRED,
}
_DELETION_STATES = {
    DeletionState.REMOVING: auth_pb2.AccountDeletion.REMOVING,
    DeletionState.REMOVED: auth_pb2.AccountDeletion.REMOVED,
    DeletionState.DONE: auth_pb2.AccountDeletion.DONE,
}


def user_message(user: User) -> auth_pb2.User:
    """A user as the contract says it."""
    message = auth_pb2.User(
        user_id=str(user.user_id),
        email=user.email,
        display_name=user.display_name,
        role=policy_pb2.Role.Name(user.role),
    )
    message.create_time.FromDatetime(user.created_at)
    return message


def signed_in_message(done: SignedIn) -> auth_pb2.Session:
    """A user and the tokens of their session as the contract says it."""
    return auth_pb2.Session(
        user=user_message(done.user),
        access_token=done.tokens.access_token,
        refresh_token=done.tokens.refresh_token,
        expires_in=done.tokens.expires_in_s,
    )


def jwk_message(key: SigningKey) -> auth_pb2.Jwk:
    """A public key as the contract says it."""
    return auth_pb2.Jwk(kty="OKP", crv="Ed25519", x=key.x, kid=key.kid, alg="EdDSA", use="sig")


def session_message(session: OpenSession, *, current: str) -> auth_pb2.OpenSession:
    """An open session as the contract says it; `current` is the id of the one that calls."""
    return auth_pb2.OpenSession(
        session_id=str(session.session_id),
        create_time=timestamp_of(session.opened_at),
        last_use_time=timestamp_of(session.last_used_at),
        expire_time=timestamp_of(session.ends_at),
        address=session.client.address,
        client=session.client.agent,
        current=str(session.session_id) == current,
        provider_id=session.provider_id,
    )


def scopes_of(values: Iterable[auth_pb2.ApiKey.Scope]) -> list[Scope]:
    """Scopes out of a request; the contract lets no others through."""
    return [_SCOPES[value] for value in values]


def scope_values(scopes: Iterable[Scope]) -> list[auth_pb2.ApiKey.Scope]:
    """Scopes as the contract says them."""
    return [_SCOPE_VALUES[scope] for scope in scopes]


def api_key_message(key: ApiKey) -> auth_pb2.ApiKey:
    """An API key as the contract says it."""
    return auth_pb2.ApiKey(
        api_key_id=str(key.api_key_id),
        display_name=key.display_name,
        scopes=scope_values(key.scopes),
        prefix=key.prefix,
        create_time=timestamp_of(key.created_at),
        expire_time=timestamp_of(key.expires_at),
        last_use_time=None if key.last_used_at is None else timestamp_of(key.last_used_at),
    )


def deletion_message(record: DeletionRecord) -> auth_pb2.AccountDeletion:
    """The deletion of an account as the contract says it."""
    return auth_pb2.AccountDeletion(
        deletion_id=str(record.deletion_id),
        state=_DELETION_STATES[record.state],
        create_time=timestamp_of(record.created_at),
        remove_time=None if record.removed_at is None else timestamp_of(record.removed_at),
        done_time=None if record.done_at is None else timestamp_of(record.done_at),
        reports=[
            auth_pb2.RemovalReport(
                service=report.service,
                removed=report.removed,
                report_time=timestamp_of(report.reported_at),
            )
            for report in record.reports
        ],
    )


def signing_key_message(status: KeyStatus) -> operator_pb2.SigningKey:
    """A signing key as the contract says it, without what is secret."""
    return operator_pb2.SigningKey(
        kid=status.record.key.kid,
        state=_KEY_STATES[status.state],
        create_time=timestamp_of(status.record.created_at),
        sign_time=timestamp_of(status.record.signs_from),
        remove_time=None if status.removed_at is None else timestamp_of(status.removed_at),
    )


def timestamp_of(time: datetime) -> Timestamp:
    """A time as the contract says it."""
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp
