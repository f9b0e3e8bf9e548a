"""Protobuf to domain and back."""

from argus.auth.v1 import auth_pb2

from services.auth.model import User
from services.auth.signing import SigningKey


def user_message(user: User) -> auth_pb2.User:
    """A user as the contract says it."""
    message = auth_pb2.User(
        user_id=str(user.user_id), email=user.email, display_name=user.display_name
    )
    message.create_time.FromDatetime(user.created_at)
    return message


def jwk_message(key: SigningKey) -> auth_pb2.Jwk:
    """A public key as the contract says it."""
    return auth_pb2.Jwk(kty="OKP", crv="Ed25519", x=key.x, kid=key.kid, alg="EdDSA", use="sig")
