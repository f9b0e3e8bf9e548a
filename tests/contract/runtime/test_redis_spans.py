"""Traces tell what Redis does for a call: commands one by one, those of a pipeline as one."""

import pytest

from services.runtime import store_spans
from services.runtime.redis import open_redis
from services.runtime.telemetry_contract import RPC_METHOD, SERVER_CALL
from tests.support.spans import Spans


async def test_a_pipeline_is_told_as_one(
    fresh_redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = Spans()
    monkeypatch.setattr(store_spans, "_tracing", spans.tracing)
    async with open_redis(fresh_redis_url) as client:
        with spans.tracing.span(SERVER_CALL, {RPC_METHOD: "test/Call"}) as call:
            await client.set("one", "1")
            async with client.pipeline(transaction=True) as pipe:
                pipe.get("one")
                pipe.get("two")
                assert await pipe.execute() == ["1", None]
    assert [span.name for span in spans.within(call.inner)] == ["SET redis", "PIPELINE redis"]
