"""The protocol on the magnetic tiles, with the product's own code."""

import io
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

from bench.inspection import whole_image
from bench.inspection.ablation import Ablation
from bench.inspection.bootstrap import Area
from bench.inspection.coverage import measure_coverage
from bench.inspection.false_alarms import TARGETS, FalseAlarms, false_alarms
from bench.inspection.features import Features
from bench.inspection.peer import TorchPatchCore
from bench.inspection.pixels import PixelCounts
from bench.inspection.protocol import (
    ALL,
    Scores,
    Seen,
    SeenTiles,
    areas,
    bank_of,
    learn,
    matches,
    scores,
    see,
    together,
)
from bench.inspection.results import FewReferences, Growth, PixelQuality, Quality
from bench.inspection.same_parts import parts_of
from bench.inspection.split_figures import PUBLISHED_SHARE, measure_splits, split_places
from bench.inspection.surfaces import measure_surfaces
from bench.inspection.tiles import PROTOCOL_SEED, REFERENCES, Tiles
from mesh.client.files import collect
from mesh.client.samples import sample_photographs
from services.inspection.learning.bank import Match
from services.inspection.learning.bank_learning import extend_bank
from services.inspection.learning.banks import AnyBank, TwoBanks
from services.inspection.pictures.upsampling import smooth
from services.inspection.verdict.agreement import auroc
from services.inspection.verdict.strangeness import CHANCE, is_strange

FEW = ((50, 3), (16, 4), (8, 5), (4, 8), (2, 8), (1, 8))
"""Numbers of references, and how often they are drawn."""
FEW_TARGET = 0.05
ADDED = 10
PHOTOGRAPHS = 40
TEXTURES = ("brick", "grass", "gravel")


def measure_quality(
    tiles: Tiles,
    features: Features,
    *,
    photos: Path | None,
    splits: int,
    ablation: bool,
    say: Callable[[str], None],
) -> Quality:
    """Measures all that needs no mesh.

    Args:
        tiles: All tiles.
        features: What the model makes of images.
        photos: A folder of photographs; those of packages if None.
        splits: Random splits that the calibration is judged by.
        ablation: Whether to vary each part of the method.
        say: Told what goes on.
    """
    seen = see(tiles, features)
    references, tested = seen.split(PROTOCOL_SEED)
    bank = bank_of(references, seen.view)
    normals = matches(bank, tested)
    defects = {kind: matches(bank, some) for kind, some in seen.defects.items()}
    by_kind = {kind: scores(found) for kind, found in defects.items()}
    image = areas(scores(normals), by_kind)
    say(f"image AUROC {image[ALL]}")
    pixel = _pixels(seen, tested, normals, defects)
    say(f"pixel AUROC {pixel[ALL].auroc:.3f}")
    alarms = _alarms(bank, scores(normals), together(by_kind))
    parts = parts_of(tiles)
    protocol = measure_splits(
        seen,
        parts,
        features,
        references=REFERENCES,
        seeds=range(PROTOCOL_SEED, PROTOCOL_SEED + splits),
        say=say,
    )
    published = measure_splits(
        seen,
        parts,
        features,
        references=round(PUBLISHED_SHARE * len(seen.normals)),
        seeds=range(PROTOCOL_SEED, PROTOCOL_SEED + splits),
        say=say,
    )
    split_alarms = [
        false_alarms(one.held_out, one.normals, one.defects, target)
        for one in protocol[1:]
        for target in TARGETS
    ]
    few = tuple(_few(seen, features, count, seeds, say) for count, seeds in FEW)
    growth = _growth(seen)
    peer = _peer(seen, REFERENCES, features.default_size)
    say(f"torch's image AUROC {peer[ALL]}")
    peer_published = _peer(seen, published[0].references, features.default_size)
    say(f"torch's image AUROC of the published split {peer_published[ALL]}")
    return Quality(
        image=image,
        pixel=pixel,
        alarms=alarms,
        split_alarms=tuple(split_alarms),
        split_aurocs=tuple(one.two for one in protocol[1:]),
        protocol=tuple(protocol),
        published=tuple(published),
        published_tested=tuple(
            seen.normals[place].tile.name
            for place in split_places(len(seen.normals), published[0].references, PROTOCOL_SEED)[1]
        ),
        parts=len(set(parts.tolist())),
        coverage=tuple(measure_coverage(learn(references, seen.view))),
        surfaces=tuple(measure_surfaces(features, say)),
        peer_published=peer_published,
        few=few,
        growth=growth,
        off_distribution=_off_distribution(bank, features, normals, defects, photos),
        whole_image=_whole_image(seen, features),
        peer=peer,
        ablation=tuple(Ablation(tiles, features).run(say)) if ablation else (),
    )


def _alarms(bank: AnyBank, normals: Scores, defects: Scores) -> tuple[FalseAlarms, ...]:
    held_out = bank.held_out_scores
    return tuple(false_alarms(held_out, normals, defects, target) for target in TARGETS)


def _pixels(
    seen: SeenTiles,
    tested: Sequence[Seen],
    normals: Sequence[Match],
    defects: Mapping[str, Sequence[Match]],
) -> dict[str, PixelQuality]:
    everything = [*normals, *(match for found in defects.values() for match in found)]
    top = max(float(match.anomaly.max()) for match in everything)

    def counts(some: Sequence[Seen], found: Sequence[Match]) -> PixelCounts:
        counted = PixelCounts(top)
        for one, match in zip(some, found, strict=True):
            width, height = one.tile.size
            counted.add(smooth(match.anomaly, height, width), one.tile.mask)
        return counted

    free = counts(tested, normals)
    by_kind = {kind: counts(seen.defects[kind], found) for kind, found in defects.items()}
    pooled = free
    for some in by_kind.values():
        pooled += some
    defective = pooled.defective.sum()
    kinds = {ALL: pooled} | {kind: free + some for kind, some in by_kind.items()}
    return {
        kind: PixelQuality(some.auroc(), some.pro(), float(some.defective.sum() / defective))
        for kind, some in kinds.items()
    }


def _few(
    seen: SeenTiles, features: Features, count: int, seeds: int, say: Callable[[str], None]
) -> FewReferences:
    """A number of the protocol's references, drawn several times, augmented as by default."""
    references, tested = seen.split(PROTOCOL_SEED)
    defective = [one for some in seen.defects.values() for one in some]
    aurocs, alarms = [], []
    for seed in range(seeds):
        drawn = np.random.default_rng(seed).permutation(len(references))[:count]
        used = [references[place] for place in drawn]
        variants = [features.variants(one.tile.content, count) for one in used]
        bank = bank_of(used, seen.view, variants)
        normals, defects = scores(matches(bank, tested)), scores(matches(bank, defective))
        aurocs.append(auroc(normals, defects))
        alarms.append(false_alarms(bank.held_out_scores, normals, defects, FEW_TARGET))
    say(f"{count} references: image AUROC {np.mean(aurocs):.3f}")
    return FewReferences(
        count,
        tuple(aurocs),
        false_alarm_rate=float(np.mean([one.measured.value for one in alarms])),
        miss_rate=float(np.mean([one.miss_rate for one in alarms])),
        stated_high=alarms[0].high,
    )


def _growth(seen: SeenTiles) -> Growth:
    references, tested = seen.split(PROTOCOL_SEED)
    first, added = references[:-ADDED], references[-ADDED:]
    base = learn(first, seen.view)
    started = time.perf_counter()
    names = [f"added {place}" for place in range(len(added))]
    grown_first, grown_second = (
        extend_bank(bank, [one.grids[number] for one in added], [[] for _ in added], names)
        for number, bank in enumerate((base.first, base.second))
    )
    grown = TwoBanks(grown_first, grown_second, seen.view)
    grown_s = time.perf_counter() - started
    started = time.perf_counter()
    rebuilt = learn(references, seen.view)
    rebuilt_s = time.perf_counter() - started
    defective = [one for some in seen.defects.values() for one in some]

    def reached(bank: TwoBanks) -> float:
        return auroc(scores(matches(bank, tested)), scores(matches(bank, defective)))

    return Growth(
        reached(grown),
        reached(rebuilt),
        grown_s,
        rebuilt_s,
        grown.member_count,
        rebuilt.member_count,
    )


def _off_distribution(
    bank: AnyBank,
    features: Features,
    normals: Sequence[Match],
    defects: Mapping[str, Sequence[Match]],
    photos: Path | None,
) -> dict[str, tuple[int, int]]:
    files = collect([photos]).files if photos else sample_photographs()
    photographs = [file.read_bytes() for file in files[:PHOTOGRAPHS]]
    # Two banks judge that by the first.
    first = bank.first if isinstance(bank, TwoBanks) else bank
    shown = {
        "normal tiles": normals,
        "defective tiles": [match for found in defects.values() for match in found],
        "photographs": [first.match(features.grid(one)) for one in photographs],
        ", ".join(TEXTURES): [first.match(features.grid(_png(name))) for name in TEXTURES],
    }
    return {
        what: (sum(is_strange(match.strangeness, CHANCE) for match in found), len(found))
        for what, found in shown.items()
    }


def _png(texture: str) -> bytes:
    out = io.BytesIO()
    Image.fromarray(getattr(data, texture)()).save(out, "PNG")
    return out.getvalue()


def _whole_image(seen: SeenTiles, features: Features) -> dict[str, Area]:
    references, tested = seen.split(PROTOCOL_SEED)
    known = features.vectors([one.tile.content for one in references])

    def scored(some: Sequence[Seen]) -> Scores:
        return whole_image.scores(known, features.vectors([one.tile.content for one in some]))

    return areas(scored(tested), {kind: scored(some) for kind, some in seen.defects.items()})


def _peer(seen: SeenTiles, references: int, size: int) -> dict[str, Area]:
    known, unknown = split_places(len(seen.normals), references, PROTOCOL_SEED)
    tested = [seen.normals[place] for place in unknown]
    peer = TorchPatchCore(size)
    peer.learn([seen.normals[place].tile.content for place in known])

    def scored(some: Sequence[Seen]) -> Scores:
        return np.array([peer.score(one.tile.content) for one in some])

    return areas(scored(tested), {kind: scored(some) for kind, some in seen.defects.items()})
