import datetime

from argus.auth.v1 import auth_pb2 as _auth_pb2
from argus.policy.v1 import policy_pb2 as _policy_pb2
from argus.type.v1 import text_pb2 as _text_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IdentityProvider(_message.Message):
    __slots__ = ("provider_id", "display_name")
    PROVIDER_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    provider_id: str
    display_name: str
    def __init__(self, provider_id: _Optional[str] = ..., display_name: _Optional[str] = ...) -> None: ...

class ListIdentityProvidersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListIdentityProvidersResponse(_message.Message):
    __slots__ = ("providers", "password_sign_in")
    PROVIDERS_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_SIGN_IN_FIELD_NUMBER: _ClassVar[int]
    providers: _containers.RepeatedCompositeFieldContainer[IdentityProvider]
    password_sign_in: bool
    def __init__(self, providers: _Optional[_Iterable[_Union[IdentityProvider, _Mapping]]] = ..., password_sign_in: _Optional[bool] = ...) -> None: ...

class BeginSignInRequest(_message.Message):
    __slots__ = ("provider_id", "redirect_uri", "reauthenticate")
    PROVIDER_ID_FIELD_NUMBER: _ClassVar[int]
    REDIRECT_URI_FIELD_NUMBER: _ClassVar[int]
    REAUTHENTICATE_FIELD_NUMBER: _ClassVar[int]
    provider_id: str
    redirect_uri: str
    reauthenticate: bool
    def __init__(self, provider_id: _Optional[str] = ..., redirect_uri: _Optional[str] = ..., reauthenticate: _Optional[bool] = ...) -> None: ...

class BeginSignInResponse(_message.Message):
    __slots__ = ("authorization_url", "state", "secret", "expires_in")
    AUTHORIZATION_URL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_IN_FIELD_NUMBER: _ClassVar[int]
    authorization_url: str
    state: str
    secret: str
    expires_in: int
    def __init__(self, authorization_url: _Optional[str] = ..., state: _Optional[str] = ..., secret: _Optional[str] = ..., expires_in: _Optional[int] = ...) -> None: ...

class CompleteSignInRequest(_message.Message):
    __slots__ = ("state", "secret", "code", "iss")
    STATE_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ISS_FIELD_NUMBER: _ClassVar[int]
    state: str
    secret: str
    code: str
    iss: str
    def __init__(self, state: _Optional[str] = ..., secret: _Optional[str] = ..., code: _Optional[str] = ..., iss: _Optional[str] = ...) -> None: ...

class CompleteIdentityLinkRequest(_message.Message):
    __slots__ = ("state", "secret", "code", "iss")
    STATE_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ISS_FIELD_NUMBER: _ClassVar[int]
    state: str
    secret: str
    code: str
    iss: str
    def __init__(self, state: _Optional[str] = ..., secret: _Optional[str] = ..., code: _Optional[str] = ..., iss: _Optional[str] = ...) -> None: ...

class Identity(_message.Message):
    __slots__ = ("identity_id", "provider_id", "display_name", "email", "create_time", "last_use_time")
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_USE_TIME_FIELD_NUMBER: _ClassVar[int]
    identity_id: str
    provider_id: str
    display_name: str
    email: str
    create_time: _timestamp_pb2.Timestamp
    last_use_time: _timestamp_pb2.Timestamp
    def __init__(self, identity_id: _Optional[str] = ..., provider_id: _Optional[str] = ..., display_name: _Optional[str] = ..., email: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_use_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListIdentitiesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListIdentitiesResponse(_message.Message):
    __slots__ = ("identities", "has_password")
    IDENTITIES_FIELD_NUMBER: _ClassVar[int]
    HAS_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    identities: _containers.RepeatedCompositeFieldContainer[Identity]
    has_password: bool
    def __init__(self, identities: _Optional[_Iterable[_Union[Identity, _Mapping]]] = ..., has_password: _Optional[bool] = ...) -> None: ...

class BeginIdentityLinkRequest(_message.Message):
    __slots__ = ("provider_id", "redirect_uri", "password")
    PROVIDER_ID_FIELD_NUMBER: _ClassVar[int]
    REDIRECT_URI_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    provider_id: str
    redirect_uri: str
    password: str
    def __init__(self, provider_id: _Optional[str] = ..., redirect_uri: _Optional[str] = ..., password: _Optional[str] = ...) -> None: ...

class UnlinkIdentityRequest(_message.Message):
    __slots__ = ("identity_id",)
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    identity_id: str
    def __init__(self, identity_id: _Optional[str] = ...) -> None: ...

class UnlinkIdentityResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
