"""What an offline file says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from services.inspection.model import CalibrationSettings, Threshold, Version
from services.inspection.offline.errors import OfflineFileWrong

FORMAT = 1
"""Grows with what an earlier release would read wrongly."""

_KNOWN: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (Version, ("version",)),
    (CalibrationSettings, ("version", "settings")),
    (Threshold, ("version", "threshold")),
)
"""What decides about scores, and where it is."""


@dataclass(frozen=True)
class Patches:
    """The patch features that a network gives, and the sizes that it works at, in pixels."""

    dimension: int
    stride: int
    size: int
    min_size: int
    max_size: int


@dataclass(frozen=True)
class Network:
    """The network that makes patch features."""

    model: str
    version: str
    preprocessing: str
    """Version of what happens to pixels before it."""
    patches: Patches
    runtime: str
    """What ran it in the mesh, such as `openvino f32`; empty if that is not known."""
    licence: str
    """Of its weights."""


class Preparation(BaseModel):
    """What is done to an image before the network, which does to colours what else it needs."""

    model_config = ConfigDict(frozen=True)

    input: str = "8-bit RGB [1, height, width, 3]"
    size: int
    """The shorter side, in pixels."""
    multiple: int
    """What sides are rounded to, in pixels."""
    resampling: str = "bicubic, antialiased"


class Part(BaseModel):
    """A file in the file."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    bytes: int


class Manifest(BaseModel):
    """An offline file, told of by itself."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    made_by: str
    """The release of Argus that made it."""
    set_name: str
    version: Version
    """With its settings, its threshold, and the scores of normal images that p-values need."""
    network: Network
    preparation: Preparation
    parts: Mapping[str, Part]

    @classmethod
    def read(cls, content: bytes) -> "Manifest":
        """Reads what `model_dump_json` wrote.

        Raises:
            OfflineFileWrong: a later release wrote it, or it is none.
        """
        try:
            raw = _Format.model_validate_json(content)
            if raw.format > FORMAT or raw.unknown():
                raise OfflineFileWrong(
                    f"the file was made by a later release of Argus ({raw.made_by}); update the"
                    " one that reads it, or export the version with this one"
                )
            return cls.model_validate_json(content)
        except ValidationError:
            raise OfflineFileWrong(
                "the file's manifest is damaged; export the version again"
            ) from None


class _Format(BaseModel):
    """As much as is read of any format."""

    format: int
    made_by: str = "unknown"
    version: dict[str, Any] = {}

    def unknown(self) -> bool:
        """Whether something decides about scores that this release knows nothing of."""
        for kind, path in _KNOWN:
            found: Any = {"version": self.version}
            for name in path:
                found = found.get(name) if isinstance(found, dict) else None
            if isinstance(found, dict) and found.keys() - {one.name for one in fields(kind)}:
                return True
        return False
