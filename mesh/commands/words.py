"""How numbers of inspection are written: shares with their intervals, scores, times."""

from argus.inspection.v1 import inspection_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from rich.text import Text

from mesh.client.names import printable

VERDICTS = {
    inspection_pb2.InspectResponse.NORMAL: ("normal", "green"),
    inspection_pb2.InspectResponse.ANOMALOUS: ("ANOMALOUS", "bold red"),
    inspection_pb2.InspectResponse.UNINSPECTABLE: ("UNINSPECTABLE", "bold magenta"),
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
REGISTRATIONS = {
    "none": inspection_pb2.CalibrationSettings.REGISTRATION_NONE,
    "translation": inspection_pb2.CalibrationSettings.REGISTRATION_TRANSLATION,
    "rigid": inspection_pb2.CalibrationSettings.REGISTRATION_RIGID,
}
BANKS = {
    "auto": inspection_pb2.CalibrationSettings.BANKS_AUTO,
    "one": inspection_pb2.CalibrationSettings.BANKS_ONE,
    "two": inspection_pb2.CalibrationSettings.BANKS_TWO,
}
_SCORER_NAMES = {value: name for name, value in SCORERS.items()}


def counted(count: int, noun: str) -> str:
    """A number of things, such as `1 image` or `1,200 images`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def registration_words(version: inspection_pb2.Version) -> str:
    """What images are aligned to, and how; empty without registration."""
    if not version.reference_image_id:
        return ""
    rigid = inspection_pb2.CalibrationSettings.REGISTRATION_RIGID
    how = "Shifted and turned" if version.settings.registration == rigid else "Shifted"
    return f"{how} images are aligned to image {version.reference_image_id}."


def banks_words(choice: inspection_pb2.BankChoice) -> str:
    """How many banks a version scores with, and why."""
    return (
        f"It scores with {'two banks' if choice.count == 2 else 'one bank'}. {choice.explanation}"
    )


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


def is_alarm(verdict: inspection_pb2.InspectResponse.Verdict) -> bool:
    """Whether a line should act on a verdict: on whatever is not normal."""
    return verdict != inspection_pb2.InspectResponse.NORMAL


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
        f"{counted(threshold.held_out_count, 'held-out image')}"
        f"{of_parts(threshold)})"
    )
    if threshold.extrapolated:
        words += (
            ". These are too few images for so low a target, so the threshold is extrapolated "
            "from their scores; add normal images to make it more reliable"
        )
    return f"{words}."


def of_parts(threshold: inspection_pb2.Threshold) -> str:
    """How many parts the held-out images show, where some show the same one."""
    if threshold.part_count in {0, threshold.held_out_count}:
        return ""
    return f" of {counted(threshold.part_count, 'part')}"


def set_state(state: inspection_pb2.ReferenceSet.State) -> Text:
    """A set's state in its colour."""
    styles = {
        inspection_pb2.ReferenceSet.READY: "green",
        inspection_pb2.ReferenceSet.CALIBRATING: "yellow",
        inspection_pb2.ReferenceSet.FAILED: "red",
    }
    return Text(inspection_pb2.ReferenceSet.State.Name(state), style=styles.get(state, "dim"))


def kind_words(kind: str, *, one: bool = False) -> str:
    """Images of a kind of defect, normal ones, or defects without a name; or one of them."""
    if kind == "normal":
        return "a normal image" if one else "normal images"
    if not kind:
        return "a defect without a name" if one else "defects without a name"
    return f"“{printable(kind)}”"
