"""One user's streams leave room for others', whatever method they are of."""

import pytest

from services.runtime.identity import Identity
from services.runtime.open_streams import OpenStreams
from services.runtime.stream_limits import (
    StreamKind,
    StreamLimits,
    TooManyStreams,
    kind_of,
    kind_of_call,
)
from tests.support.contract import methods
from tests.unit.runtime.test_open_streams import ADA, BOB, SEARCH, Sessions

WATCHES = {
    "argus.storage.v1.ImageService.WatchImages",
    "argus.inspection.v1.InspectionService.WatchJob",
    "argus.inspection.v1.InspectionService.InspectStored",
}


def open_streams() -> OpenStreams:
    return OpenStreams(Sessions(), limits=StreamLimits(watches=2, transfers=3))


def test_every_method_that_tells_things_as_they_happen_is_a_watch() -> None:
    streaming = [one for one in methods() if one.server_streaming]
    watches = {one.full_name for one in streaming if kind_of(one) is StreamKind.WATCH}
    assert watches >= WATCHES
    for method in streaming:
        if "Watch" in method.name:
            assert method.full_name in watches
    assert kind_of_call("/argus.storage.v1.ImageService/WatchImages") is StreamKind.WATCH
    assert kind_of_call("/argus.storage.v1.ImageService/DownloadImage") is StreamKind.TRANSFER
    assert kind_of_call("/grpc.health.v1.Nothing/Watch") is StreamKind.TRANSFER


@pytest.mark.parametrize(("kind", "most"), [(StreamKind.WATCH, 2), (StreamKind.TRANSFER, 3)])
async def test_a_user_has_a_bounded_number_of_streams_open(kind: StreamKind, most: int) -> None:
    streams = open_streams()
    held = [streams.opened(ADA, kind) for _ in range(most)]
    for one in held:
        one.__enter__()
    with pytest.raises(TooManyStreams) as refused, streams.opened(ADA, kind):
        pass
    assert refused.value.metadata == {"max_streams": str(most)}
    assert refused.value.retry_after_s
    with streams.opened(BOB, kind):
        pass
    held[0].__exit__(None, None, None)
    with streams.opened(ADA, kind):
        pass


async def test_kinds_sessions_and_services_are_told_apart() -> None:
    streams = open_streams()
    another_tab = Identity(ADA.user_id, "s3", "", "token")
    with streams.opened(ADA, StreamKind.WATCH), streams.opened(another_tab, StreamKind.WATCH):
        with pytest.raises(TooManyStreams), streams.opened(ADA, StreamKind.WATCH):
            pass
        with streams.opened(ADA, StreamKind.TRANSFER):
            pass
    held = [streams.opened(SEARCH, StreamKind.TRANSFER) for _ in range(50)]
    for one in held:
        one.__enter__()
