from argus.embedder.v1 import embedder_pb2 as _embedder_pb2
from argus.policy.v1 import policy_pb2 as _policy_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExportPatchNetworkRequest(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: str
    def __init__(self, model: _Optional[str] = ...) -> None: ...

class ExportPatchNetworkResponse(_message.Message):
    __slots__ = ("network", "file")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    network: PatchNetwork
    file: FilePiece
    def __init__(self, network: _Optional[_Union[PatchNetwork, _Mapping]] = ..., file: _Optional[_Union[FilePiece, _Mapping]] = ...) -> None: ...

class PatchNetwork(_message.Message):
    __slots__ = ("model", "model_version", "preprocessing", "patches", "runtime", "licence")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    PREPROCESSING_FIELD_NUMBER: _ClassVar[int]
    PATCHES_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    model: str
    model_version: str
    preprocessing: str
    patches: _embedder_pb2.PatchFeatures
    runtime: str
    licence: str
    def __init__(self, model: _Optional[str] = ..., model_version: _Optional[str] = ..., preprocessing: _Optional[str] = ..., patches: _Optional[_Union[_embedder_pb2.PatchFeatures, _Mapping]] = ..., runtime: _Optional[str] = ..., licence: _Optional[str] = ...) -> None: ...

class FilePiece(_message.Message):
    __slots__ = ("name", "data")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    name: str
    data: bytes
    def __init__(self, name: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...
