import grpc
import pytest
from argus.inspection.v1 import inspection_pb2 as pb
from google.protobuf import timestamp_pb2

from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh

HOOK = "https://mes.example.org/hook"


@pytest.fixture(autouse=True)
def tiles(fake: FakeMesh) -> str:
    return fake.inspection.add_set("tiles").reference_set_id


def test_a_webhook_is_set_and_its_secret_shown_once(
    fake: FakeMesh, argus: Argus, tiles: str
) -> None:
    first = argus("refset", "notify", "set", "tiles", "--webhook", HOOK, "--anomalous-only")
    assert f"Results of tiles go to {HOOK}." in first.stdout
    assert "whsec_c2VjcmV0" in first.stdout
    assert fake.inspection.sinks[tiles].anomalous_only
    again = argus("refset", "notify", "set", "tiles", "--webhook", HOOK)
    assert "whsec_" not in again.stdout
    renewed = argus("refset", "notify", "set", "tiles", "--webhook", HOOK, "--new-secret")
    assert "whsec_" in renewed.stdout
    assert "The test arrived." in argus("refset", "notify", "test", "tiles").stdout
    assert "not sent on" in argus("refset", "notify", "off", "tiles").stdout
    assert not fake.inspection.sinks


def test_a_stream_of_redis_is_named(argus: Argus, tiles: str) -> None:
    result = argus("refset", "notify", "set", "tiles", "--redis")
    assert f"argus:results:{tiles}" in result.stdout
    assert "secret" not in result.stdout


def test_how_it_fares_is_shown(fake: FakeMesh, argus: Argus, tiles: str) -> None:
    noon = timestamp_pb2.Timestamp(seconds=1_767_225_600)
    fake.inspection.sinks[tiles] = pb.ResultSink(
        webhook={"url": HOOK}, delivered=41, waiting=1, given_up=1, dropped=7,
        last_delivery_time=noon, last_problem="the receiver answered with status 500",
    )  # fmt: skip
    fake.inspection.undelivered = [
        pb.ResultDelivery(delivery_id="waits", create_time=noon, tries=2, next_try_time=noon),
        pb.ResultDelivery(
            delivery_id="given-up",
            create_time=noon,
            tries=60,
            give_up_time=noon,
            problem="status 500",
        ),
    ]
    result = argus("refset", "notify", "show", "tiles")
    assert "41 delivered, the last 2026-01-01" in result.stdout
    assert "1 waiting, 1 given up, 7 dropped" in result.stdout
    assert "The last try failed: the receiver answered with status 500." in result.stdout
    rows = {line.split()[-1]: line for line in result.stdout.splitlines() if "2026" in line}
    assert "given up" in rows["given-up"]
    assert "given up" not in rows["waits"]
    assert "1 result will be sent." in argus("refset", "notify", "retry", "tiles").stdout


def test_what_fails_says_why(fake: FakeMesh, argus: Argus) -> None:
    with pytest.raises(MeshError, match="not sent on"):
        argus("refset", "notify", "show", "tiles")
    with pytest.raises(MeshError, match="Where to"):
        argus("refset", "notify", "set", "tiles")
    with pytest.raises(MeshError, match="Where to"):
        argus("refset", "notify", "set", "tiles", "--webhook", HOOK, "--redis")
    argus("refset", "notify", "set", "tiles", "--webhook", HOOK)
    fake.inspection.test_problem = "the receiver answered with status 404"
    with pytest.raises(MeshError, match="did not arrive: the receiver answered with status 404"):
        argus("refset", "notify", "test", "tiles")
    code = grpc.StatusCode.FAILED_PRECONDITION
    fake.inspection.refusal = (code, "RESULT_SINK_REFUSED", "Results may not go there.")
    with pytest.raises(MeshError, match="may not go there"):
        argus("refset", "notify", "set", "tiles", "--webhook", "http://127.0.0.1/")
