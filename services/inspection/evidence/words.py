"""Numbers as a report says them."""

from services.inspection.verdict.intervals import Proportion


def percent(share: float) -> str:
    """A share in percent, with as many digits as matter."""
    value = share * 100
    digits = 0 if value >= 99.95 or value == 0 else 1 if value >= 1 else 2
    return f"{value:.{digits}f} %"


def interval(share: Proportion | None) -> str:
    """The 95 % interval of a share; a dash if nothing was counted."""
    return "–" if share is None else f"{percent(share.low)} to {percent(share.high)}"


def with_interval(share: Proportion | None) -> str:
    """A share with its 95 % interval; a dash if nothing was counted."""
    return "–" if share is None else f"{percent(share.value)} ({interval(share)})"


def decimal(share: Proportion) -> str:
    """An area with its 95 % interval."""
    return f"{share.value:.3f} ({share.low:.3f} to {share.high:.3f})"


def many(count: int, thing: str) -> str:
    """So many things."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def cut(text: str, most: int) -> str:
    """Text that is at most so long."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
