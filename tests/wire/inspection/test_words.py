"""Judging by words, without references."""

import io

import grpc
import numpy as np
import pytest
from argus.embedder.v1 import embedder_pb2
from argus.inspection.v1 import inspection_pb2 as pb
from PIL import Image

from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting
from tests.support.pictures import encoded
from tests.support.services import error_info

WORDS = pb.ZeroShot(
    object="tile", normal_texts=["a grey tile"], defect_texts=["a red tile", "red paint"]
)


def _mostly_red() -> bytes:
    with Image.open(io.BytesIO(part(1))) as opened:
        opened.paste("red", (0, 0, opened.width * 3 // 4, opened.height))
        return encoded(opened, "PNG")


MOSTLY_RED = _mostly_red()


async def test_words_tell_a_defect_from_none_and_where(ada: Inspecting) -> None:
    good = await ada.call("Inspect", zero_shot=WORDS, image=part(1))
    bad = await ada.call(
        "Inspect",
        zero_shot=WORDS,
        image=MOSTLY_RED,
        heatmap=True,
        overlay=pb.InspectRequest.PNG,
    )
    assert 0 <= good.score < bad.score <= 1
    assert good.verdict == pb.InspectResponse.NORMAL
    assert good.threshold == bad.threshold == 0.5
    assert (bad.inspection_id, bad.version, bad.p_value, bad.reference_set_id) == ("", 0, 0, "")
    assert bad.heatmap
    assert bad.heatmap_scale == pytest.approx(4 * bad.threshold / 65535)
    assert bad.overlay
    assert bad.verdict == pb.InspectResponse.ANOMALOUS
    assert bad.regions
    with Image.open(io.BytesIO(bad.heatmap)) as heatmap:
        levels = np.asarray(heatmap)
    middle = levels.shape[1] // 2
    assert levels[:, :middle].mean() > levels[:, middle:].mean(), "the left is redder"
    stats = await ada.call("GetStats")
    assert stats.inspected == 0, "it is not remembered"
    stored = await ada.upload(MOSTLY_RED)
    assert (await ada.call("Inspect", zero_shot=WORDS, image_id=stored)).score == bad.score


@pytest.mark.parametrize(
    ("model", "code", "reason"),
    [
        ("nothing", grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND"),
        ("pictures-only", grpc.StatusCode.FAILED_PRECONDITION, "MODEL_NOT_CLIP"),
        ("compact", grpc.StatusCode.FAILED_PRECONDITION, "MODEL_NOT_CLIP"),
    ],
)
async def test_only_a_clip_model_judges_by_words(
    ada: Inspecting, model: str, code: grpc.StatusCode, reason: str
) -> None:
    image, text = embedder_pb2.MODALITY_IMAGE, embedder_pb2.MODALITY_TEXT
    ada.world.embedder.others = [
        embedder_pb2.Model(model="pictures-only", version="v1", modalities=[image]),
        embedder_pb2.Model(model="compact", version="v1", modalities=[image, text]),
    ]
    try:
        error = await ada.refusal_of(
            "Inspect", zero_shot=pb.ZeroShot(object="tile", model=model), image=part(1)
        )
    finally:
        ada.world.embedder.others = []
    assert (error.code(), error_info(error).reason) == (code, reason)
