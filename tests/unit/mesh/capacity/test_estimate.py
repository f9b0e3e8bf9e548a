"""What workloads need: in which direction, and in which unit."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.capacity.coefficients import Kind, coefficients, value_of
from mesh.capacity.estimate import Estimate, Resource, estimate
from mesh.capacity.prices import Prices
from mesh.capacity.workload import Model, Quantization, Workload, WorkloadError

PLAIN = Workload(images=1e6)
BUSY = Workload(images=1e7, uploads_per_day=1e6, searches_per_second=500, replication=2)


def _of(asked: Workload, prices: Prices | None = None) -> Estimate:
    return estimate(asked, prices or Prices())


def _line(asked: Workload, what: str) -> float:
    return next(line.amount for line in _of(asked).lines if line.what == what)


def test_originals_take_their_bytes() -> None:
    assert _line(replace(PLAIN, image_bytes=200_000), "originals") == 1e6 * 200_000
    assert _line(replace(PLAIN, image_bytes=200_000, replication=3), "originals") == 6e11


def test_vectors_follow_the_rule_of_qdrant() -> None:
    """1 million vectors of 1,024 dimensions: 6.144 GB, as its documentation reckons."""
    asked = replace(PLAIN, dimensions=1024)
    assert _line(asked, "vectors, quantization none") == pytest.approx(1e6 * 1024 * 4 * 1.5)


def test_parts_take_disk_and_embedding_and_no_memory_for_vectors() -> None:
    with_parts = replace(BUSY, parts=True)
    assert _line(with_parts, "vectors of parts") == pytest.approx(2e7 * 512 * 2 * 6.6 * 1.5)
    more = _line(with_parts, "embedding uploads") / _line(BUSY, "embedding uploads")
    assert more == pytest.approx(87 / 14)
    plain = "vectors, quantization none"
    assert _line(with_parts, plain) == _line(BUSY, plain)


@given(
    images=st.floats(1, 1e8),
    uploads=st.floats(0, 1e8),
    searches=st.floats(0, 1e4),
    factor=st.floats(1, 100),
    quantization=st.sampled_from(Quantization),
)
def test_more_of_anything_never_needs_less(
    images: float, uploads: float, searches: float, factor: float, quantization: Quantization
) -> None:
    asked = Workload(images, uploads, searches, quantization=quantization)
    before = _of(asked)
    for more in (
        replace(asked, images=images * factor),
        replace(asked, uploads_per_day=uploads * factor),
        replace(asked, searches_per_second=searches * factor),
        replace(asked, image_bytes=asked.image_bytes * factor),
        replace(asked, dimensions=min(65_536, int(asked.dimensions * factor))),
        replace(asked, replication=2),
        replace(asked, peak=asked.peak * factor),
        replace(asked, log_days=asked.log_days * factor),
        replace(asked, model=Model.VIT_B_32),
        replace(asked, parts=True),
    ):
        after = _of(more)
        for resource in Resource:
            least = before.total(resource) * (1 - 1e-9)
            assert after.total(resource) >= least, (more, resource)
        assert after.money >= before.money * (1 - 1e-9)


def test_smaller_vectors_need_less_memory_and_more_disk() -> None:
    none, scalar, binary = (
        _of(replace(BUSY, quantization=quantization)) for quantization in Quantization
    )
    assert (
        none.total(Resource.MEMORY) > scalar.total(Resource.MEMORY) > binary.total(Resource.MEMORY)
    )
    # The originals stay there, beside the smaller ones.
    assert none.total(Resource.DISK) < binary.total(Resource.DISK) < scalar.total(Resource.DISK)


def test_twice_the_images_take_twice_the_bytes() -> None:
    once, twice = _of(PLAIN), _of(replace(PLAIN, images=2e6))
    for resource in (Resource.OBJECTS, Resource.DISK):
        assert twice.total(resource) == pytest.approx(2 * once.total(resource))


def test_a_mesh_that_does_nothing_needs_no_cores_and_all_of_its_processes() -> None:
    assert _of(PLAIN).total(Resource.CORES) == 0
    assert _line(PLAIN, "embedders") == value_of("embedder_memory_bytes")


def test_uploads_of_a_day_need_their_processor_time() -> None:
    """86,400 a day are one a second; in the busiest hour as many as the peak says."""
    large = value_of("image_bytes")
    asked = replace(PLAIN, uploads_per_day=86_400, peak=2, image_bytes=large)
    per_image_s = value_of("embedding_cpu_ms") / 1000
    expected = 2 * per_image_s / value_of("busy_share")
    assert _line(asked, "embedding uploads") == pytest.approx(expected)


def test_images_between_small_and_large_cost_what_is_between() -> None:
    def cores(image_bytes: float) -> float:
        asked = replace(PLAIN, uploads_per_day=86_400, image_bytes=image_bytes)
        return _line(asked, "embedding uploads")

    small, large = value_of("small_image_bytes"), value_of("image_bytes")
    assert cores((small + large) / 2) == pytest.approx((cores(small) + cores(large)) / 2)
    assert cores(small / 10) == cores(small)
    assert cores(large * 10) == cores(large)


def test_renditions_of_small_images_are_smaller() -> None:
    large = value_of("image_bytes")
    tenth = replace(PLAIN, image_bytes=large / 10)
    most = _line(replace(PLAIN, image_bytes=large * 10), "thumbnails and renditions")
    assert _line(tenth, "thumbnails and renditions") == pytest.approx(most / 10)


def test_a_mesh_has_the_cores_that_it_cannot_do_without() -> None:
    bought = {cost.resource: cost.amount for cost in _of(replace(PLAIN, replication=2)).costs}
    assert bought[Resource.CORES] == 2 * value_of("least_cores")


def test_money_is_amounts_times_prices_and_cores_are_whole() -> None:
    prices = Prices(core=10, memory_gb=1, disk_gb=0.1, object_gb=0.01)
    found = _of(BUSY, prices)
    costs = {cost.resource: cost for cost in found.costs}
    cores = costs[Resource.CORES]
    assert cores.amount == int(cores.amount)
    assert 0 <= cores.amount - found.total(Resource.CORES) < 1
    assert cores.money == 10 * cores.amount
    assert costs[Resource.MEMORY].money == pytest.approx(found.total(Resource.MEMORY) / 1e9)
    assert found.money == pytest.approx(sum(cost.money for cost in found.costs))
    assert found.per_million(found.money) == pytest.approx(found.money / 10)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"images": 0},
        {"images": -5},
        {"images": float("nan")},
        {"images": float("inf")},
        {"images": 1e11},
        {"uploads_per_day": -1},
        {"searches_per_second": float("inf")},
        {"image_bytes": 0},
        {"dimensions": 0},
        {"dimensions": 100_000},
        {"replication": 0},
        {"peak": 0.5},
        {"log_days": -1},
    ],
)
def test_nonsense_is_refused(nonsense: dict[str, float]) -> None:
    with pytest.raises(WorkloadError):
        Workload(**({"images": 1e6} | nonsense))  # type: ignore[arg-type]


def test_each_coefficient_says_where_it_is_from() -> None:
    for one in coefficients().values():
        assert one.unit, one.name
        assert one.source, one.name
        assert one.value >= 0, one.name
        if one.kind is Kind.MEASURED:
            assert "](benchmarks/" in one.source or "](decisions/" in one.source, one.name
        if one.kind is Kind.DOCUMENTED:
            documented = ("](https://", "](decisions/", "ARGUS_")
            assert any(where in one.source for where in documented), one.name
