"""Results that are sent on: from an inspection to a receiver outside."""

import base64
import hashlib
import hmac
import json
from typing import Any

import redis.asyncio
from argus.inspection.v1 import inspection_pb2 as pb

from tests.support.eventually import eventually
from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting
from tests.support.webhooks import Receiver, receiving


async def small_set(user: Inspecting) -> str:
    return await user.ready_set(await user.uploaded(part(seed) for seed in range(3)), target=0.3)


async def hooked(user: Inspecting, set_id: str, receiver: Receiver) -> pb.SetResultSinkResponse:
    sink = pb.ResultSink(webhook={"url": f"http://127.0.0.1:{receiver.port}/hook"})
    made: pb.SetResultSinkResponse = await user.call(
        "SetResultSink", reference_set_id=set_id, sink=sink
    )
    return made


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver verifies it, by the specification."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return headers["webhook-signature"] == f"v1,{digest}"


async def test_a_webhook_gets_what_anybody_finds_with_a_set(
    ada: Inspecting, ben: Inspecting
) -> None:
    set_id = await small_set(ada)
    await ada.share(set_id, ben)
    async with receiving() as receiver:
        receiver.answer = b"HTTP/1.1 503 Later\r\ncontent-length: 0\r\n\r\n"
        made = await hooked(ada, set_id, receiver)
        assert made.secret.startswith("whsec_")
        again = await hooked(ada, set_id, receiver)
        assert (again.secret, again.sink.webhook.url) == ("", made.sink.webhook.url)
        found = await ben.inspect(set_id, part(800, defect="red"), trigger_id="part 800")
        await eventually(lambda: bool(receiver.requests), "the receiver is asked")
        receiver.answer = b"HTTP/1.1 204 No Content\r\n\r\n"

        async def failed_once() -> bool:
            sink = await ada.call("GetResultSink", reference_set_id=set_id)
            return "503" in sink.last_problem

        await eventually(failed_once, "the owner sees why")
        [told] = (await ada.call("ListResultDeliveries", reference_set_id=set_id)).deliveries
        assert (told.delivery_id, told.inspection_id) == (found.inspection_id,) * 2
        assert "503" in told.problem
        await ada.call("RetryResultDeliveries", reference_set_id=set_id)

        async def delivered() -> bool:
            sink = await ada.call("GetResultSink", reference_set_id=set_id)
            return bool(sink.delivered)

        await eventually(delivered, "the result is delivered")
        first, headers, body = receiver.requests[-1]
        assert first == "POST /hook HTTP/1.1"
        assert headers["webhook-id"] == found.inspection_id
        assert is_signed(made.secret, headers, body)
        event = json.loads(body)
        assert event["type"] == "argus.inspection"
        assert event["data"]["triggerId"] == "part 800"
        assert event["data"]["verdict"] == pb.InspectResponse.Verdict.Name(found.verdict)
        assert event["data"]["score"] == found.score
        test = await ada.call("TestResultSink", reference_set_id=set_id)
        await eventually(
            lambda: receiver.requests[-1][1]["webhook-id"] == test.delivery_id, "the test arrives"
        )
        await ada.call("DeleteResultSink", reference_set_id=set_id)
    assert await ada.refused("GetResultSink", reference_set_id=set_id) == "RESULT_SINK_NOT_FOUND"


async def test_a_webhook_of_the_set_gets_what_a_part_came_to(ada: Inspecting) -> None:
    set_id = await ada.new_set(await ada.uploaded(part(seed) for seed in range(3)))
    top, side = [await ada.view_of(set_id, name) for name in ("top", "side")]
    assert (await ada.calibrate(top, 0.3)).state == pb.Job.SUCCEEDED
    async with receiving() as receiver:
        await hooked(ada, set_id, receiver)
        found = await ada.call(
            "InspectPart",
            reference_set_id=set_id,
            frames=[pb.PartFrame(image=part(1))],
            trigger_id="part 7",
        )
        await eventually(lambda: bool(receiver.requests), "the receiver is told")
    _, headers, body = receiver.requests[0]
    assert headers["webhook-id"] == found.part_inspection_id
    event = json.loads(body)
    assert event["type"] == "argus.part"
    verdict = pb.InspectResponse.Verdict.Name(found.views[0].inspection.verdict)
    assert event["data"] == {
        "partInspectionId": found.part_inspection_id,
        "referenceSetId": set_id,
        "triggerId": "part 7",
        "verdict": pb.InspectResponse.Verdict.Name(found.verdict),
        "views": [
            {
                "referenceSetId": top,
                "displayName": "top",
                "inspectionId": found.views[0].inspection.inspection_id,
                "verdict": verdict,
            },
            # It has no version yet.
            {"referenceSetId": side, "displayName": "side", "inspectionId": "", "verdict": ""},
        ],
    }


async def test_a_stream_of_redis_gets_what_is_anomalous(ada: Inspecting, redis_url: str) -> None:
    set_id = await small_set(ada)
    sink = pb.ResultSink(redis_stream={}, anomalous_only=True)
    made = await ada.call("SetResultSink", reference_set_id=set_id, sink=sink)
    assert made.sink.redis_stream.key == f"argus:results:{set_id}"
    assert not made.secret
    found = [await ada.inspect(set_id, part(810 + n, defect="red")) for n in range(2)]
    found += [await ada.inspect(set_id, part(0))]
    expected = [one.inspection_id for one in found if one.verdict == pb.InspectResponse.ANOMALOUS]
    assert expected

    async def delivered() -> bool:
        seen = await ada.call("GetResultSink", reference_set_id=set_id)
        return bool(seen.delivered == len(expected))

    await eventually(delivered, "all are delivered")
    async with redis.asyncio.Redis.from_url(f"{redis_url}", decode_responses=True) as client:
        await client.select(2)
        entries: Any = await client.xrange(made.sink.redis_stream.key)
    assert sorted(entry["id"] for _, entry in entries) == sorted(expected)
    assert {json.loads(entry["event"])["data"]["verdict"] for _, entry in entries} == {"ANOMALOUS"}


async def test_what_nobody_allowed_is_refused(ada: Inspecting) -> None:
    set_id = await ada.new_set()
    for url in ("https://example.org/hook", "http://169.254.169.254/", "http://user@127.0.0.1/"):
        sink = pb.ResultSink(webhook={"url": url})
        reason = await ada.refused("SetResultSink", reference_set_id=set_id, sink=sink)
        assert reason == "RESULT_SINK_REFUSED", url
    for sink in (pb.ResultSink(), pb.ResultSink(webhook={"url": "short"})):
        reason = await ada.refused("SetResultSink", reference_set_id=set_id, sink=sink)
        assert reason == "INVALID_REQUEST"
