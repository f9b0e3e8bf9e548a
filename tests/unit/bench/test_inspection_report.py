from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.inspection.ablation import AblationRow
from bench.inspection.bootstrap import Area
from bench.inspection.coverage import Coverage
from bench.inspection.false_alarms import TARGETS, FalseAlarms
from bench.inspection.goals import goals
from bench.inspection.options import Options
from bench.inspection.report import markdown
from bench.inspection.results import (
    FewReferences,
    Growth,
    PixelQuality,
    Quality,
    Results,
    SpeedAt,
)
from bench.inspection.rounds import BOTH, DIRECT, EDGE, TWO, way
from bench.inspection.split_figures import SplitFigures
from bench.inspection.surfaces import Surface

OPTIONS = Options(tiles=None, photos=None, models=Path("models"), rounds=2)


def speed() -> SpeedAt:
    return SpeedAt(
        192,
        patches=180,
        forward_ms=[4.0, 8.0],
        backbone_per_s=[400.0, 200.0],
        inspect_ms={
            way(DIRECT): [5.6, 11.2],
            way(EDGE): [18.0, 36.0],
            way(EDGE, BOTH): [22.0, 44.0],
            way(TWO): [24.0, 48.0],
        },
        stream_per_s={way(EDGE): [360.0, 180.0], way(EDGE, BOTH): [100.0, 50.0]},
        stages_ms={"features": 6.0, "score": 2.0},
        calibration_s=[3.5],
        two_calibration_s=[6.0],
        extraction_s=[1.0],
        peer_ms=[64.0, 128.0],
        peer_bank=36_000,
    )


def quality() -> Quality:
    areas = {kind: Area(0.98, 0.97, 0.99) for kind in ("all", "crack")}
    alarms = tuple(
        FalseAlarms(target, 200, target / 2, 2 * target, 12, 120, 0.4) for target in TARGETS
    )
    return Quality(
        image=areas,
        pixel={"all": PixelQuality(0.6, 0.7, 1.0), "crack": PixelQuality(0.96, 0.9, 0.1)},
        alarms=alarms,
        split_alarms=alarms,
        split_aurocs=(0.98,),
        few=(FewReferences(4, (0.7, 0.8), 0.01, 0.9, 0.6),),
        growth=Growth(0.98, 0.97, 0.4, 3.0, 8200, 8000),
        off_distribution={"photographs": (40, 40)},
        whole_image=areas,
        peer=areas,
        protocol=(split(200, 0.92), split(200, 0.96)),
        published=(split(256, 0.985), split(256, 0.97)),
        published_tested=("one.jpg", "two.jpg"),
        parts=250,
        coverage=(Coverage(0.05, 200, 190, 200, 0.049),),
        surfaces=(Surface("gravel", 0.8, 0.81, 1),),
        peer_published=areas,
        ablation=(AblationRow("size", "256 px", 0.9, 0.8, 0.7, 0.6, 1.0),),
    )


def split(references: int, two: float) -> SplitFigures:
    scores = np.ones(3)
    return SplitFigures(
        references=references,
        tested=64,
        one=0.91,
        two=two,
        one_miss=0.4,
        two_miss=0.3,
        calibrated_miss=0.35,
        false_alarms=0.04,
        known=0.96,
        new=None,
        known_share=0.9,
        chosen=2,
        held_out=scores,
        normals=scores,
        defects=scores,
    )


def results() -> Results:
    return Results("tiles of 9 kB", (speed(),), quality(), 300.0)


def test_verdicts_follow_the_goals() -> None:
    shown = {goal.what: goal.verdict for goal in goals(results())}
    assert shown["image AUROC, 200 references, mean of 2 splits (sd)"] == "reached"
    written_down = "80 % of normals known, the split written down"
    assert shown[f"image AUROC, {written_down}"] == "reached"
    missed = "missed at 5 % of the tested normals, 80 % known, the split written down"
    assert shown[missed] == "**missed**"
    covered = "true rates in their stated 95 % intervals, 200 simulated calibrations"
    assert shown[covered] == "reached"
    assert shown["pixel AUROC"] == "**missed**"
    assert shown["image AUROC, 4 references"] == "**missed**"
    assert shown["false alarms among unseen normals, target 1%"] == "**missed**"
    assert shown["false alarms among unseen normals, target 10%"] == "reached"
    assert shown["measured rates in their stated intervals, over other splits"] == "**missed**"
    assert shown["192 px: Inspect p50, direct ÷ forward pass"] == "reached"
    assert shown["192 px: Inspect p50, through the edge ÷ forward pass"] == "**missed**"
    drawn = "192 px: Inspect p50, through the edge, heat map and overlay ÷ forward pass"
    assert shown[drawn] == "–"
    stream = "192 px: InspectImages, through the edge ÷ backbone's throughput"
    assert shown[stream] == "reached"
    calibration = "192 px: calibration of 200 images ÷ their feature extraction"
    assert shown[calibration] == "**missed**"
    assert shown["192 px: PatchCore in torch ÷ Inspect p50, through the edge"] == "reached"


def test_the_report_shows_everything() -> None:
    text = markdown(results(), OPTIONS, machine="2 cores", command="make bench")
    told = ("0.940 ± 0.028", "one, two.", "190 of 200", "| gravel | 0.800 | 0.810 | one |")
    for expected in ("of 5 minutes on 2 cores", "256 px", "40 of 40", "0.700–0.800", *told):
        assert expected in text
    assert "$" not in text


def test_the_report_says_that_quality_was_not_measured() -> None:
    text = markdown(
        replace(results(), quality=None), OPTIONS, machine="2 cores", command="make bench"
    )
    assert "Quality was not measured" in text
    assert "By kind of defect" not in text
