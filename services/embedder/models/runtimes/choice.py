"""Which candidate runs a tower, and why."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from services.embedder.errors import ModelUnavailable
from services.embedder.models.runtimes.candidate import AGREEMENT, ALL, Candidate, Measured

WantedRuntime = Literal["auto", "openvino", "torch"]
WantedPrecision = Literal["auto", "f32", "bf16"]


@dataclass(frozen=True)
class Execution:
    """How a model's networks are run."""

    threads: int
    """How many threads a network may use."""

    runtime: WantedRuntime = "auto"
    """What runs them; `auto`: the fastest that agrees with the reference."""

    precision: WantedPrecision = "auto"
    """The floats that they compute in; `auto`: as for `runtime`."""


TORCH_MUST_BE_FASTER = 1.15
"""How many times as fast torch must be on a CPU: it takes seconds and 300 MB more to load."""


def wanted(
    available: Collection[Candidate], runtime: WantedRuntime, precision: WantedPrecision
) -> list[Candidate]:
    """Candidates that the settings allow.

    Raises:
        ModelUnavailable: if this machine has none of them.
    """
    found = [
        candidate
        for candidate in ALL
        if candidate in available
        and runtime in {"auto", candidate.runtime}
        and precision in {"auto", candidate.precision}
    ]
    if not found:
        raise ModelUnavailable(
            f"this processor does not run {runtime} in {precision}; "
            "set ARGUS_RUNTIME=auto and ARGUS_PRECISION=auto, or leave them out"
        )
    return found


def choose(
    measured: Mapping[Candidate, Measured], allowed: Collection[Candidate], tower: str
) -> Candidate:
    """The fastest allowed candidate that agrees with the reference; torch must be well ahead.

    Raises:
        ModelUnavailable: if none agrees; says what was measured.
    """
    agreeing = [one for one in allowed if one in measured and measured[one].agrees]
    if agreeing:
        return max(agreeing, key=lambda one: _worth(one, measured[one]))
    tried = ", ".join(
        f"{one} {measured[one].cosine:.4f}" if one in measured else f"{one} does not run"
        for one in allowed
    )
    raise ModelUnavailable(
        f"no runtime answers for the {tower} network as it did when it was built: cosine to "
        f"reference at least {AGREEMENT} is needed, measured {tried}; set ARGUS_RUNTIME=auto and "
        "ARGUS_PRECISION=auto, and if that does not help remove the model and install it anew"
    )


def _worth(candidate: Candidate, measured: Measured) -> float:
    """Items per second, less for torch on a CPU what its memory and its start cost."""
    heavy = candidate.runtime == "torch" and candidate.device == "cpu"
    return measured.per_second / (TORCH_MUST_BE_FASTER if heavy else 1)


def reason(measured: Mapping[Candidate, Measured], chosen: Candidate, *, forced: bool) -> str:
    """One sentence for a person: the speeds, and who was refused."""
    others = sorted(
        (one for one in measured if one != chosen),
        key=lambda one: -measured[one].per_second,
    )
    best = f"{chosen} {measured[chosen].per_second:.3g}/s"
    parts = [f"{best}, as set" if forced else best]
    parts += [
        f"{one} {measured[one].per_second:.3g}"
        + ("" if measured[one].agrees else f" refused for cosine {measured[one].cosine:.4f}")
        for one in others
    ]
    layout = measured[chosen].layout
    lanes = f"; {layout.lanes} batches side by side" if layout and layout.lanes > 1 else ""
    cosine = _rounded_down(measured[chosen].cosine)
    return f"{', '.join(parts)}; cosine to reference ≥ {cosine}{lanes}"


def _rounded_down(cosine: float) -> float:
    """Four digits that are not more than the cosine."""
    return min(int(cosine * 10_000) / 10_000, 1.0)
