"""Numbers and times as people read them."""

from datetime import UTC, datetime

from mesh.observe.markup import Markup, tag


def duration(nanoseconds: float) -> str:
    """`1.23 s`, `45.6 ms`, `7 µs`."""
    seconds = nanoseconds / 1e9
    if seconds >= 60:
        return f"{int(seconds // 60)} min {seconds % 60:.0f} s"
    if seconds >= 1:
        return f"{seconds:.2f} s"
    if seconds >= 0.001:
        return f"{seconds * 1e3:.1f} ms"
    return f"{seconds * 1e6:.0f} µs"


def moment(time_ns: int) -> Markup:
    """A time; the page's script shows it as the browser's clock has it."""
    at = datetime.fromtimestamp(time_ns / 1e9, UTC)
    return tag(
        "time",
        at.strftime("%H:%M:%S.") + f"{at.microsecond // 1000:03}",
        datetime=at.isoformat(timespec="milliseconds"),
        title=at.isoformat(timespec="milliseconds"),
    )


def amount(value: float, unit: str) -> str:
    """A value with its unit, as UCUM has it: `12.3 ms`, `4 MiB`, `0.2/s`."""
    if unit == "s":
        return duration(value * 1e9) if value else "0 s"
    if unit == "By":
        for size, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
            if abs(value) >= size:
                return f"{value / size:.1f} {name}"
        return f"{value:.0f} B"
    counted = f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:,.3g}"
    return f"{counted}/s" if unit.endswith("/s") else counted
