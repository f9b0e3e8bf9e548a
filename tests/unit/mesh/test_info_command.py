"""`argus info`: limits, models and features, as a mesh says."""

from argus.embedder.v1 import embedder_pb2
from argus.installation.v1 import installation_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh


def test_says_what_a_mesh_takes_in_and_can_do(fake: FakeMesh, argus: Argus) -> None:
    fake.installation.installation.MergeFrom(
        pb.Installation(
            limits=pb.Limits(
                images=pb.ImageLimits(
                    max_bytes=50 * 2**20,
                    max_pixels=64_000_000,
                    min_side=8,
                    content_types=["image/jpeg", "image/png"],
                    max_labels=64,
                    undelete_grace=Duration(seconds=86_400),
                ),
                search=pb.SearchLimits(max_matches=10_000, max_page_size=200),
                inspection=pb.InspectionLimits(
                    max_set_images=5000, keep=Duration(seconds=365 * 86_400)
                ),
            ),
            models=[
                embedder_pb2.Model(
                    model="compact",
                    default=True,
                    modalities=[embedder_pb2.MODALITY_IMAGE, embedder_pb2.MODALITY_TEXT],
                    residency=embedder_pb2.RESIDENCY_RESIDENT,
                    memory_bytes=200 * 2**20,
                )
            ],
            features=[pb.FEATURE_MAP, pb.FEATURE_TEXT_SEARCH],
        )
    )
    printed = argus("info").stdout
    for part in (
        "Line 3, Argus 1.2.3", "50 MiB, 64 megapixels", "8 pixels or more", "jpeg, png",
        "24 hours", "10,000, 200 at once", "5,000", "365 days old", "compact (default)",
        "image, text", "in memory", "200 MiB", "found by words",
    ):  # fmt: skip
        assert part in printed
    assert "inspected by words" not in printed


def test_what_a_newer_mesh_can_do_is_left_out(fake: FakeMesh, argus: Argus) -> None:
    fake.installation.installation.MergeFrom(
        pb.Installation.FromString(b"\x32\x02\xe7\x07" + b"\x32\x01\x02")
    )
    assert list(fake.installation.installation.features) == [999, pb.FEATURE_MAP]
    assert "map" in argus("info").stdout
