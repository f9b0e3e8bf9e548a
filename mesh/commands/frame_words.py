"""Why frames cannot be inspected, and what they must be like, in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from argus.inspection.v1 import inspection_pb2

from mesh.commands.words import counted, percent, proportion

_Problem = inspection_pb2.FrameProblem


@dataclass(frozen=True, slots=True)
class _Words:
    """Of a reason."""

    name: str
    """What is wrong."""
    measure: str
    """What is measured."""
    number: Callable[[float], str]
    """How it is written."""


def _short(value: float) -> str:
    return f"{value:.3g}"


def _whole(value: float) -> str:
    return f"{value:.0f}"


_WORDS = {
    _Problem.BLANK: _Words("blank, all pixels alike", "grey levels", _whole),
    _Problem.TOO_DARK: _Words("too dark", "mean grey level", _whole),
    _Problem.TOO_BRIGHT: _Words("too bright", "mean grey level", _whole),
    _Problem.BLACKED_OUT: _Words("blacked out", "black pixels", percent),
    _Problem.BURNT_OUT: _Words("burnt out", "white pixels", percent),
    _Problem.LOW_CONTRAST: _Words("too little contrast", "deviation of grey levels", _short),
    _Problem.OUT_OF_FOCUS: _Words("out of focus", "detail", _short),
    _Problem.NOISY: _Words("noisy", "noise", _short),
    _Problem.TOO_SMALL: _Words("too small", "pixels of the shorter side", _whole),
    _Problem.OTHER_SHAPE: _Words("another shape", "width ÷ height", _short),
    _Problem.FOREIGN: _Words(
        "unlike the whole set: another product, place or light?", "normal images as unlike", percent
    ),
    _Problem.MISPLACED: _Words(
        "misplaced: cannot be aligned to the references", "correlation", _short
    ),
}
_UNKNOWN = _Words("cannot be inspected", "measured", _short)


def problems_text(problems: Sequence[inspection_pb2.FrameProblem]) -> str:
    """Why a frame cannot be inspected, the main reason with its numbers, others by name."""
    main, *others = problems
    also = ", ".join(_words(one.reason).name for one in others)
    return _problem(main) + (f"; also {also}" if also else "")


def limits_text(checks: inspection_pb2.FrameChecks) -> list[str]:
    """What frames must be like, a line for each limit and then how sure that is."""
    lines = []
    for limit in checks.limits:
        words = _words(limit.reason)
        bound = "at most" if limit.limit > limit.typical else "at least"
        lines.append(
            f"{words.name}: {words.measure} {bound} {words.number(limit.limit)} "
            f"(references {words.number(limit.typical)})"
        )
    return [*lines, _sureness(checks)]


def _problem(problem: inspection_pb2.FrameProblem) -> str:
    words = _words(problem.reason)
    if problem.reason in (_Problem.BLANK, _Problem.FOREIGN):
        return words.name
    bound = "at most" if problem.measured > problem.limit else "at least"
    typical = f", references {words.number(problem.typical)}" if problem.HasField("typical") else ""
    return (
        f"{words.name}: {words.measure} {words.number(problem.measured)}, "
        f"{bound} {words.number(problem.limit)} is inspected{typical}"
    )


def _sureness(checks: inspection_pb2.FrameChecks) -> str:
    text = (
        f"learnt from {counted(checks.reference_count, 'reference')}; held against the others, "
        f"{proportion(checks.false_alarms)} of them could not be inspected"
    )
    if checks.stray_count:
        text += f"; {counted(checks.stray_count, 'reference')} far from all others not heeded"
    if checks.blank_is_normal:
        text += "; most references are blank, so that blank frames are inspected"
    return text


def _words(reason: inspection_pb2.FrameProblem.Reason) -> _Words:
    return _WORDS.get(reason, _UNKNOWN)
