from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Finding(_message.Message):
    __slots__ = ("kind", "subject", "user_id", "description", "repair")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Finding.Kind]
        OBJECT_WITHOUT_IMAGE: _ClassVar[Finding.Kind]
        CONTENT_LOST: _ClassVar[Finding.Kind]
        THUMBNAIL_MISSING: _ClassVar[Finding.Kind]
        RENDITION_MISSING: _ClassVar[Finding.Kind]
        UPLOAD_ABANDONED: _ClassVar[Finding.Kind]
        EVENT_LOST: _ClassVar[Finding.Kind]
        VECTOR_WITHOUT_IMAGE: _ClassVar[Finding.Kind]
        VECTOR_MISSING: _ClassVar[Finding.Kind]
        PURGED_IMAGE_REFERENCED: _ClassVar[Finding.Kind]
        ARTIFACT_WITHOUT_VERSION: _ClassVar[Finding.Kind]
        ARTIFACT_MISSING: _ClassVar[Finding.Kind]
    KIND_UNSPECIFIED: Finding.Kind
    OBJECT_WITHOUT_IMAGE: Finding.Kind
    CONTENT_LOST: Finding.Kind
    THUMBNAIL_MISSING: Finding.Kind
    RENDITION_MISSING: Finding.Kind
    UPLOAD_ABANDONED: Finding.Kind
    EVENT_LOST: Finding.Kind
    VECTOR_WITHOUT_IMAGE: Finding.Kind
    VECTOR_MISSING: Finding.Kind
    PURGED_IMAGE_REFERENCED: Finding.Kind
    ARTIFACT_WITHOUT_VERSION: Finding.Kind
    ARTIFACT_MISSING: Finding.Kind
    class Repair(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        REPAIR_UNSPECIFIED: _ClassVar[Finding.Repair]
        POSSIBLE: _ClassVar[Finding.Repair]
        MENDED: _ClassVar[Finding.Repair]
        BY_HAND: _ClassVar[Finding.Repair]
    REPAIR_UNSPECIFIED: Finding.Repair
    POSSIBLE: Finding.Repair
    MENDED: Finding.Repair
    BY_HAND: Finding.Repair
    KIND_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    REPAIR_FIELD_NUMBER: _ClassVar[int]
    kind: Finding.Kind
    subject: str
    user_id: str
    description: str
    repair: Finding.Repair
    def __init__(self, kind: _Optional[_Union[Finding.Kind, str]] = ..., subject: _Optional[str] = ..., user_id: _Optional[str] = ..., description: _Optional[str] = ..., repair: _Optional[_Union[Finding.Repair, str]] = ...) -> None: ...

class CheckProgress(_message.Message):
    __slots__ = ("step", "checked")
    STEP_FIELD_NUMBER: _ClassVar[int]
    CHECKED_FIELD_NUMBER: _ClassVar[int]
    step: str
    checked: int
    def __init__(self, step: _Optional[str] = ..., checked: _Optional[int] = ...) -> None: ...
