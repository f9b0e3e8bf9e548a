"""Limits are those that the contract and the services have, and features those of the models."""

import pytest
from argus.embedder.v1 import embedder_pb2 as embedder
from argus.installation.v1 import installation_pb2 as pb
from argus.storage.v1.ingest_pb2 import GetLimitsResponse

from services.installation.description import features_of
from services.installation.limits import MOST_MATCHES, MOST_ON_MAP, limits_of
from services.installation.model import InspectionFacts
from services.search.mapping.atlas import MOST_IMAGES
from services.search.query.place import MAX_DEPTH

IMAGE, TEXT, PATCHES = (
    embedder.MODALITY_IMAGE,
    embedder.MODALITY_TEXT,
    embedder.MODALITY_PATCHES,
)


def test_limits_come_from_the_contract_and_from_the_services() -> None:
    storage = GetLimitsResponse(max_image_bytes=7, min_side=3, content_types=["image/png"])
    storage.undelete_grace.FromSeconds(60)
    limits = limits_of(storage, InspectionFacts(max_set_images=11, keep_days=2))
    assert (limits.images.max_bytes, limits.images.min_side) == (7, 3)
    assert list(limits.images.content_types) == ["image/png"]
    assert limits.images.undelete_grace.seconds == 60
    assert limits.images.max_page_size == 500
    assert limits.search == pb.SearchLimits(
        max_image_bytes=20 * 2**20,
        max_text_bytes=2**20,
        max_page_size=200,
        max_matches=MAX_DEPTH,
        max_map_images=MOST_IMAGES,
    )
    assert (limits.inspection.max_image_bytes, limits.inspection.max_set_images) == (
        20 * 2**20,
        11,
    )
    assert (limits.inspection.max_batch_images, limits.inspection.max_prompts) == (500, 64)
    assert limits.inspection.keep.ToSeconds() == 2 * 86_400


def test_searchs_own_numbers_are_searchs() -> None:
    assert (MOST_MATCHES, MOST_ON_MAP) == (MAX_DEPTH, MOST_IMAGES)


def a_model(*modalities: embedder.Modality, default: bool = False) -> embedder.Model:
    return embedder.Model(modalities=modalities, default=default)


@pytest.mark.parametrize(
    ("models", "missing"),
    [
        ([a_model(IMAGE, TEXT, PATCHES, default=True)], set()),
        ([a_model(IMAGE, default=True), a_model(IMAGE, TEXT)], {"TEXT_SEARCH", "LOCALIZATION"}),
        ([a_model(IMAGE, PATCHES, default=True)], {"TEXT_SEARCH", "ZERO_SHOT"}),
        ([], {"TEXT_SEARCH", "ZERO_SHOT", "LOCALIZATION"}),
    ],
)
def test_features_are_those_of_the_models(models: list[embedder.Model], missing: set[str]) -> None:
    names = {pb.Feature.Name(one).removeprefix("FEATURE_") for one in features_of(models)}
    all_names = {name.removeprefix("FEATURE_") for name in pb.Feature.keys()}  # noqa: SIM118 - no dict
    assert names == all_names - {"UNSPECIFIED"} - missing
