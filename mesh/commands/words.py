"""How numbers of inspection are written: shares with their intervals, scores, times."""

from argus.inspection.v1 import inspection_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from rich.text import Text

VERDICTS = {
    inspection_pb2.InspectResponse.NORMAL: ("normal", "green"),
    inspection_pb2.InspectResponse.ANOMALOUS: ("ANOMALOUS", "bold red"),
}
SCORERS = {
    "patch-coreset": inspection_pb2.CalibrationSettings.PATCH_CORESET,
    "image-knn": inspection_pb2.CalibrationSettings.IMAGE_KNN,
}
AUGMENTATIONS = {
    "auto": inspection_pb2.CalibrationSettings.AUTO,
    "none": inspection_pb2.CalibrationSettings.NONE,
    "lighting": inspection_pb2.CalibrationSettings.LIGHTING,
    "rotation-and-lighting": inspection_pb2.CalibrationSettings.ROTATION_AND_LIGHTING,
}
_SCORER_NAMES = {value: name for name, value in SCORERS.items()}


def counted(count: int, noun: str) -> str:
    """A number of things, such as `1 image` or `1,200 images`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def percent(share: float) -> str:
    """A share in percent, with as many digits as matter."""
    value = share * 100
    digits = 0 if value >= 99.95 or value == 0 else 1 if value >= 1 else 2
    return f"{value:.{digits}f} %"


def proportion(share: inspection_pb2.Proportion, *, known: bool = True) -> str:
    """A share with its 95 % confidence interval; a dash if nothing was counted."""
    if not known:
        return "–"
    return f"{percent(share.value)} ({percent(share.low)} to {percent(share.high)})"


def ratio(score: float, threshold: float) -> float | None:
    """The score divided by the threshold; None if the threshold is 0."""
    return score / threshold if threshold > 0 else None


def ratio_text(score: float, threshold: float) -> str:
    """The score divided by the threshold, such as `1.42`."""
    value = ratio(score, threshold)
    return "–" if value is None else f"{value:.2f}"


def confidence_text(confidence: float) -> str:
    """How sure a verdict is, in percent; never all."""
    return ">99%" if confidence > 0.99 else f"{confidence:.0%}"


def verdict_text(verdict: inspection_pb2.InspectResponse.Verdict) -> Text:
    """A verdict in its colour."""
    word, style = VERDICTS.get(verdict, ("?", "yellow"))
    return Text(word, style=style)


def scorer_name(scorer: inspection_pb2.CalibrationSettings.Scorer) -> str:
    """A scorer as the command line calls it."""
    return _SCORER_NAMES.get(scorer, "patch-coreset")


def when(time: Timestamp) -> str:
    """A time in UTC, to the minute."""
    return f"{time.ToDatetime():%Y-%m-%d %H:%M}"


def threshold_words(threshold: inspection_pb2.Threshold) -> str:
    """What a threshold promises."""
    words = (
        f"threshold {threshold.value:.4g}, target false-alarm rate "
        f"{percent(threshold.target_false_alarm_rate)}, 95 % confidence interval of the "
        f"false-alarm rate {percent(threshold.false_alarm_rate_low)} to "
        f"{percent(threshold.false_alarm_rate_high)} (from "
        f"{counted(threshold.held_out_count, 'held-out image')})"
    )
    if threshold.extrapolated:
        words += (
            ". These are too few images for so low a target, so the threshold is extrapolated "
            "from their scores; add normal images to make it more reliable"
        )
    return f"{words}."


def set_state(state: inspection_pb2.ReferenceSet.State) -> Text:
    """A set's state in its colour."""
    styles = {
        inspection_pb2.ReferenceSet.READY: "green",
        inspection_pb2.ReferenceSet.CALIBRATING: "yellow",
        inspection_pb2.ReferenceSet.FAILED: "red",
    }
    return Text(inspection_pb2.ReferenceSet.State.Name(state), style=styles.get(state, "dim"))
