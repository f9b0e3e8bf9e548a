"""Registration as people meet it: asked for, answered, remembered, refused."""

import numpy as np
import pytest
from argus.inspection.v1 import inspection_pb2 as pb
from google.rpc import error_details_pb2

from bench.inspection.boards import HEIGHT, WIDTH, Move, board
from tests.support.inspection.people import Inspecting
from tests.support.inspection.surfaces import encoded

Settings = pb.CalibrationSettings
RIGID = Settings.REGISTRATION_RIGID


def noise(seed: int) -> bytes:
    return encoded(np.random.default_rng(seed).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8))


async def test_images_are_aligned_and_what_cannot_be_is_misplaced(ada: Inspecting) -> None:
    ids = await ada.uploaded(board(seed, Move(2 * seed)) for seed in range(4))
    set_id = await ada.ready_set(ids, registration=RIGID, augmentation=Settings.NONE)
    [version] = await ada.versions(set_id)
    assert version.settings.registration == RIGID
    assert version.reference_image_id in ids
    limit = next(
        one for one in version.frame_checks.limits if one.reason == pb.FrameProblem.MISPLACED
    )
    base = 2 * ids.index(version.reference_image_id)

    found = await ada.inspect(set_id, board(9, Move(base + 16, -12, 6)))
    assert found.alignment.shift_x * WIDTH == pytest.approx(16, abs=1.5)
    assert found.alignment.shift_y * HEIGHT == pytest.approx(-12, abs=1.5)
    assert found.alignment.rotation_degrees == pytest.approx(6, abs=0.5)
    past = await ada.call("GetInspection", inspection_id=found.inspection_id)
    assert past.inspection.alignment == found.alignment

    lost = await ada.inspect(set_id, noise(0))
    assert lost.verdict == pb.InspectResponse.UNINSPECTABLE
    [problem] = [one for one in lost.frame_problems if one.reason == limit.reason]
    assert problem.measured == lost.alignment.confidence < problem.limit == limit.limit

    # The reference stays, and a threshold that is set changes nothing about it.
    made = await ada.call("SetThreshold", reference_set_id=set_id, value=1e9)
    assert made.reference_image_id == version.reference_image_id
    still = await ada.inspect(set_id, noise(0))
    assert still.verdict == pb.InspectResponse.UNINSPECTABLE, "no score excuses it"
    ended = await ada.calibrate(
        set_id, from_scratch=True, registration=RIGID, augmentation=Settings.NONE
    )
    assert ended.state == pb.Job.SUCCEEDED
    assert (await ada.versions(set_id))[0].reference_image_id == version.reference_image_id


async def test_where_nothing_lies_alike_or_images_are_wholes_it_is_refused(
    ada: Inspecting,
) -> None:
    set_id = await ada.new_set(await ada.uploaded(noise(seed) for seed in range(3)))
    refused = await ada.refused(
        "CalibrateReferenceSet",
        reference_set_id=set_id,
        settings=Settings(scorer=Settings.IMAGE_KNN, registration=RIGID),
    )
    assert refused == "INVALID_REQUEST"
    ended = await ada.calibrate(set_id, registration=RIGID)
    info = error_details_pb2.ErrorInfo()
    assert ended.error.details[0].Unpack(info)
    assert info.reason == "REFERENCES_UNALIGNED"
