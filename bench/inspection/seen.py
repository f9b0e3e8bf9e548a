"""What calibrations say that they see of painted defects, and what saying it costs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

from bench.inspection.features import LIMITS, Features
from bench.inspection.textures import pieces
from bench.inspection.tiles import PROTOCOL_SEED, Tiles, split
from services.inspection.learning.bank_learning import Painting, learn_bank
from services.inspection.learning.marks import CONTRASTS, paint, paintings
from services.inspection.learning.sensitivity import sensitivity_of
from services.inspection.model import Sensitivity
from services.inspection.verdict.thresholds import estimate

COUNTS = (10, 30, 60, 200)
TARGET = 0.05


@dataclass(frozen=True)
class SeenRow:
    """One set and one number of references."""

    kind: str
    references: int
    rows: Sequence[Sensitivity]
    defects: tuple[int, int] | None
    """Real ones found, and all; None where there are none."""
    plain_s: float
    """Seconds of the processor for a calibration without painting."""
    painting_s: float
    """Seconds that painting adds."""

    def found(self, size_px: int, contrast: float) -> float:
        """Share found of all kinds."""
        some = [one for one in self.rows if (one.size_px, one.contrast) == (size_px, contrast)]
        return sum(one.found for one in some) / sum(one.painted for one in some)


def measure_seen(
    features: Features, tiles: Tiles | None, say: Callable[[str], None]
) -> list[SeenRow]:
    """Measures textures, and tiles if there are any."""
    # As in the service.
    with threadpool_limits(limits=1, user_api="blas"):
        return _measured(features, tiles, say)


def _measured(features: Features, tiles: Tiles | None, say: Callable[[str], None]) -> list[SeenRow]:
    sets = {"textures": pieces(COUNTS[-1])}
    real: dict[str, list[bytes]] = {}
    if tiles is not None:
        sets["magnetic tiles"] = [one.content for one in split(tiles.normals, PROTOCOL_SEED)[0]]
        real["magnetic tiles"] = [one.content for some in tiles.defects.values() for one in some]
    rows = []
    for kind, contents in sets.items():
        defects = features.grids(real.get(kind, []))
        for count in COUNTS:
            used = contents[:count]
            names = [str(place) for place in range(count)]
            began = time.process_time()
            grids = features.grids(used)
            variants = [features.variants(one, count) for one in used]
            learn_bank(grids, variants, names)
            plain_s = time.process_time() - began
            began = time.process_time()
            painted = []
            for place, numbers in paintings(count).items():
                for number in numbers:
                    content, marks = paint(used[place], number, LIMITS, side=features.default_size)
                    painted.append(Painting(place, features.grid(content), marks))
            painted_s = time.process_time() - began
            began = time.process_time()
            bank = learn_bank(grids, variants, names, painted=painted)
            learnt_s = time.process_time() - began
            began = time.process_time()
            learn_bank(grids, variants, names)
            painting_s = painted_s + max(0.0, learnt_s - (time.process_time() - began))
            threshold = estimate(bank.held_out.scores, TARGET).value
            found = sum(bank.match(grid).score > threshold for grid in defects)
            rows.append(
                SeenRow(
                    kind,
                    count,
                    sensitivity_of(bank.marks, threshold),
                    (found, len(defects)) if defects else None,
                    plain_s,
                    painting_s,
                )
            )
            say(f"{kind}, {count}: {painting_s:.1f} s more than {plain_s:.1f} s")
    return rows


def seen_table(rows: Sequence[SeenRow]) -> str:
    """As Markdown; sizes are those of each set, smallest first."""
    lines = [
        "| set | references | clear defects found, by size | faint ones | real ones | time |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        sizes = sorted({one.size_px for one in row.rows})
        clear, faint = (
            ", ".join(f"{row.found(size, contrast):.0%} of {size} px" for size in sizes)
            for contrast in reversed(CONTRASTS)
        )
        real = f"{row.defects[0]} of {row.defects[1]}" if row.defects else "–"
        lines.append(
            f"| {row.kind} | {row.references} | {clear} | {faint} | {real} |"
            f" +{row.painting_s / row.plain_s:.0%} |"
        )
    return "\n".join(lines)
