"""The use case: owners say where the results of their sets go, and see how that fares."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import uuid4

from services.inspection.errors import ResultSinkNotFound, ResultSinkRefused
from services.inspection.line.allowed_targets import AllowedTargets, NotAllowed
from services.inspection.line.result_event import trial_event
from services.inspection.line.sink_model import Delivery, ResultSink, SinkKind, SinkTarget
from services.inspection.line.sink_ports import ResultSinks
from services.inspection.line.webhook_signature import new_secret, shown
from services.inspection.reference_library import ReferenceLibrary

MOST_SHOWN = 100


class ResultSinkDesk:
    """Sinks of the sets that a user owns.

    Args:
        library: Whose set is whose.
        sinks: Where sinks and their results are.
        targets: Where webhooks may go.
        streams: Whether results may go into streams of Redis.
        changed: Told when something may be due.
        clock: The present, aware and in UTC.
    """

    def __init__(
        self,
        library: ReferenceLibrary,
        sinks: ResultSinks,
        targets: AllowedTargets,
        *,
        streams: bool,
        changed: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._library = library
        self._sinks = sinks
        self._targets = targets
        self._streams = streams
        self._changed = changed
        self._clock = clock

    async def put(
        self, set_id: str, user_id: str, target: SinkTarget, *, renew: bool
    ) -> tuple[ResultSink, str]:
        """Sets the sink of a set; with its secret if that is a new one, else empty.

        Args:
            set_id: Of which set.
            user_id: Who asks, its owner.
            target: Where to.
            renew: Whether a webhook is to have a new secret in any case.

        Raises:
            ReferenceSetNotFound, ReferenceSetReadOnly: The set is not the user's.
            ResultSinkRefused: Results may not go there.
        """
        await self._library.owned(set_id, user_id)
        self._check(target)
        secret = new_secret()
        taken = await self._sinks.put(
            set_id, target, secret, keep_secret=not renew, now=self._clock()
        )
        self._changed()
        is_told = taken and target.kind is SinkKind.WEBHOOK
        return await self._there(set_id), shown(secret) if is_told else ""

    async def get(self, set_id: str, user_id: str) -> ResultSink:
        """The sink of a set.

        Raises:
            ReferenceSetNotFound, ReferenceSetReadOnly: The set is not the user's.
            ResultSinkNotFound: It has none.
        """
        await self._library.owned(set_id, user_id)
        return await self._there(set_id)

    async def delete(self, set_id: str, user_id: str) -> None:
        """Deletes the sink of a set; none is fine.

        Raises:
            ReferenceSetNotFound, ReferenceSetReadOnly: The set is not the user's.
        """
        await self._library.owned(set_id, user_id)
        await self._sinks.delete(set_id)

    async def test(self, set_id: str, user_id: str) -> Delivery:
        """Sends a test on its way.

        Raises:
            ReferenceSetNotFound, ReferenceSetReadOnly: The set is not the user's.
            ResultSinkNotFound: It has no sink.
        """
        await self._library.owned(set_id, user_id)
        now, delivery_id = self._clock(), str(uuid4())
        body = trial_event(set_id, now)
        if not await self._sinks.add_test(set_id, delivery_id, body, now):
            raise _none(set_id)
        self._changed()
        return Delivery(delivery_id, set_id, "", body, now, due_at=now)

    async def undelivered(self, set_id: str, user_id: str) -> Sequence[Delivery]:
        """What waits or was given up, the newest.

        Raises:
            ReferenceSetNotFound, ReferenceSetReadOnly: The set is not the user's.
            ResultSinkNotFound: It has no sink.
        """
        await self.get(set_id, user_id)
        return await self._sinks.undelivered(set_id, limit=MOST_SHOWN)

    async def retry(self, set_id: str, user_id: str) -> ResultSink:
        """Has all that waits or was given up tried now.

        Raises:
            ReferenceSetNotFound, ReferenceSetReadOnly: The set is not the user's.
            ResultSinkNotFound: It has no sink.
        """
        await self.get(set_id, user_id)
        await self._sinks.retry(set_id, self._clock())
        self._changed()
        return await self._there(set_id)

    def _check(self, target: SinkTarget) -> None:
        if target.kind is SinkKind.REDIS_STREAM:
            if not self._streams:
                raise ResultSinkRefused(
                    "results may not go into streams of Redis here: whoever runs this installation "
                    "has to set ARGUS_INSPECTION_RESULT_STREAM_LENGTH"
                )
            return
        try:
            self._targets.check_url(target.url)
        except NotAllowed as error:
            raise ResultSinkRefused(
                f"results may not go there: {error}. Whoever runs this installation names targets "
                "in ARGUS_INSPECTION_WEBHOOK_TARGETS"
            ) from error

    async def _there(self, set_id: str) -> ResultSink:
        found = await self._sinks.get(set_id)
        if found is None:
            raise _none(set_id)
        return found


def _none(set_id: str) -> ResultSinkNotFound:
    return ResultSinkNotFound(f"the results of set {set_id} are not sent on")
