"""The page of what images cost.

python -m scripts.capacity_page write   writes docs/capacity.md from the calculator's coefficients
python -m scripts.capacity_page check   fails if the page is not what would be written
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from mesh.capacity.coefficients import Coefficient, Kind, coefficients
from mesh.capacity.estimate import Estimate, Resource, estimate
from mesh.capacity.prices import ASSUMPTION, Prices
from mesh.capacity.quantity import bytes_text, count_text
from mesh.capacity.shown import NEVER_RUN, TITLES, amount, cost_rows, money_text, rows
from mesh.capacity.workload import Quantization, Workload

PAGE = Path(__file__).resolve().parent.parent / "docs" / "capacity.md"

SIZES = (1e6, 1e7, 1e8, 1e9)
_DETAILED = 1e7
_HEAD = """# What images cost

`make format` writes this page from the coefficients of `argus capacity`
([decision 39](decisions/0039-capacity.md)), a calculator that asks no mesh:

```
argus capacity --images 10M --uploads-per-day 10k --searches-per-second 10 \\
    --quantization scalar --replication 2
argus capacity --images 1B --dimensions 768 --price-file prices.toml --format json
```

`prices.toml` has some of `core`, `memory_gb`, `disk_gb`, `object_gb`: prices a month, in whatever
currency you reckon. Gigabytes are 10^9 bytes. """
_NOT_COUNTED = """## What is not counted

- Network, load balancers, machines' operating systems, people, and what a backup keeps beside the
  objects.
- Inspection: sets and their versions are few beside images; what it takes for an image is in
  [benchmarks/inspection.md](benchmarks/inspection.md).
- The trash: images that are deleted count until they are purged.
- Graphics cards. What an embedder does with one was not measured
  ([benchmarks/embedder.md](benchmarks/embedder.md)).
- On one machine a process beside search builds the graph, and takes a copy of the vectors on the
  disk, and once more its new form, while it does
  ([decision 54](decisions/0054-graph-on-a-laptop.md)).
"""


def capacity_page() -> str:
    """The page."""
    return "\n".join(
        [
            _HEAD + ASSUMPTION,
            "",
            "## From a million to a billion",
            "",
            _assumed(),
            "",
            *_sizes(),
            "",
            f"## {count_text(_DETAILED).capitalize()} images, quantization scalar",
            "",
            *_detailed(),
            "",
            "## How it is reckoned",
            "",
            *_how(),
            "",
            "## Coefficients",
            "",
            *_coefficients(),
            "",
            _NOT_COUNTED,
        ]
    )


def main() -> int:
    """Writes or checks the page."""
    if sys.argv[1:] == ["write"]:
        PAGE.write_text(capacity_page(), encoding="utf-8")
        return 0
    if sys.argv[1:] != ["check"]:
        print(__doc__, file=sys.stderr)
        return 2
    if PAGE.read_text(encoding="utf-8") != capacity_page():
        print(
            "docs/capacity.md is not what is known: python -m scripts.capacity_page write",
            file=sys.stderr,
        )
        return 1
    return 0


def _asked(images: float, quantization: Quantization) -> Workload:
    """A library that grows by a thousandth a day, and is searched the more the larger it is."""
    return Workload(
        images=images,
        uploads_per_day=images / 1000,
        searches_per_second=images / 1e6,
        quantization=quantization,
        replication=2,
    )


def _of(images: float, quantization: Quantization) -> Estimate:
    return estimate(_asked(images, quantization), Prices())


def _assumed() -> str:
    asked = _asked(1e6, Quantization.NONE)
    return (
        f"Two copies of everything, originals of {bytes_text(asked.image_bytes)}, "
        f"{asked.dimensions} dimensions, model `{asked.model}`; a thousandth of the images is "
        "uploaded each day, and a search a second is made for each million images. "
        f"{NEVER_RUN} What is more than the coefficients' sources have is extrapolated in "
        "proportion."
    )


def _sizes() -> list[str]:
    heads = ("images", "in memory", *TITLES.values(), "a month", "a month per million")
    lines = []
    for images in SIZES:
        for quantization in Quantization:
            found = _of(images, quantization)
            lines.append(
                (
                    count_text(images),
                    "32-bit floats" if quantization is Quantization.NONE else quantization.value,
                    *(amount(resource, found.total(resource)) for resource in Resource),
                    money_text(found.money),
                    money_text(found.per_million(found.money)),
                )
            )
    return _table(heads, lines)


def _detailed() -> list[str]:
    found = _of(_DETAILED, Quantization.SCALAR)
    needs = _table(("", "for", "in all", "per million images"), rows(found))
    money = _table(("", "bought", "a month", "per million images"), cost_rows(found))
    return [*needs, "", *money]


def _how() -> list[str]:
    told = {
        "Object store": "originals, renditions and the store's own bytes, times copies; the "
        "database's archived log for as many days as asked for.",
        "Fast disk": "rows, indexes, vectors as floats and once more quantized, the graph, and "
        "Qdrant's spare room, times copies.",
        "Memory": "vectors by Qdrant's rule (`vector_spare`); quantized ones with graph and ids by "
        "what the engine's files have; hot indexes; the object store's index; as many processes as "
        "there are copies, or as the cores that calls need, so rather too many.",
        "Cores": "processor time of uploads in the busiest hour and of searches, divided by "
        "`busy_share`; what an upload takes lies on a line between small images and large ones. A "
        "search in the graph takes as long as was measured, times the logarithm of a shard's size "
        "beside that of the measured one, in each shard.",
    }
    return [f"- *{what}*: {how}" for what, how in told.items()]


def _coefficients() -> list[str]:
    order = list(Kind)
    known = sorted(coefficients().values(), key=lambda one: order.index(one.kind))
    return _table(
        ("coefficient", "value", "unit", "", "source"), [_coefficient(one) for one in known]
    )


def _coefficient(one: Coefficient) -> tuple[str, ...]:
    return f"`{one.name}`", f"{one.value:,.12g}", one.unit, one.kind.value, one.source


def _table(heads: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> list[str]:
    shown = [heads, tuple("---" for _ in heads), *lines]
    return [f"| {' | '.join(cells)} |" for cells in shown]


if __name__ == "__main__":
    sys.exit(main())
