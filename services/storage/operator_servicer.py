"""StorageOperatorService: translate, call, translate."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc
from argus.storage.v1 import operator_pb2, operator_pb2_grpc

from services.runtime.check_messages import check_answers, grace_of
from services.runtime.dead_letters import DeadLetter
from services.storage.checking import StorageChecks
from services.storage.dead_events import DeadEvents, image_of

Context = grpc.aio.ServicerContext[Any, Any]

DEFAULT_DEAD_EVENTS = 100


class StorageOperatorServicer(operator_pb2_grpc.StorageOperatorServiceServicer):
    """The RPC methods; the contract documents them."""

    def __init__(self, checks: StorageChecks, dead: DeadEvents) -> None:
        self._checks = checks
        self._dead = dead

    async def CheckStorage(
        self, request: operator_pb2.CheckStorageRequest, context: Context
    ) -> AsyncIterator[operator_pb2.CheckStorageResponse]:
        steps = self._checks.steps(grace_of(request))
        answers = check_answers(steps, request, operator_pb2.CheckStorageResponse)
        async with aclosing(answers) as told:
            async for one in told:
                yield one

    async def ListDeadEvents(
        self, request: operator_pb2.ListDeadEventsRequest, context: Context
    ) -> operator_pb2.ListDeadEventsResponse:
        size = request.page_size or DEFAULT_DEAD_EVENTS
        page, following, total = await self._dead.page(request.page_token, size)
        return operator_pb2.ListDeadEventsResponse(
            events=[_dead_event(letter) for letter in page],
            next_page_token=following,
            total_size=total,
        )

    async def GetDeadEvent(
        self, request: operator_pb2.GetDeadEventRequest, context: Context
    ) -> operator_pb2.DeadEvent:
        letter, advice = await self._dead.explain(request.dead_event_id)
        return _dead_event(letter, advice)

    async def ReplayDeadEvents(
        self, request: operator_pb2.ReplayDeadEventsRequest, context: Context
    ) -> operator_pb2.ReplayDeadEventsResponse:
        replayed = await self._dead.replay(request.dead_event_ids)
        return operator_pb2.ReplayDeadEventsResponse(dead_event_ids=replayed)

    async def DiscardDeadEvents(
        self, request: operator_pb2.DiscardDeadEventsRequest, context: Context
    ) -> operator_pb2.DiscardDeadEventsResponse:
        discarded = await self._dead.discard(request.dead_event_ids)
        return operator_pb2.DiscardDeadEventsResponse(dead_event_ids=discarded)


def _dead_event(letter: DeadLetter, advice: str = "") -> operator_pb2.DeadEvent:
    event = operator_pb2.DeadEvent(
        dead_event_id=letter.letter_id,
        stream=letter.stream,
        service=letter.group,
        replica=letter.consumer,
        event=letter.event,
        cause=letter.cause,
        message=letter.message,
        attempts=letter.attempts,
        image_id=image_of(letter),
        advice=advice,
    )
    event.tell_time.FromMilliseconds(letter.told_ms)
    event.death_time.FromMilliseconds(letter.died_ms)
    return event
