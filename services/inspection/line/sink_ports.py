"""The ports of result sinks. Times are aware and in UTC."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.inspection.line.sink_model import Delivery, Parcel, ResultSink, SinkTarget


class ResultSinks(Protocol):
    """Sinks, and the outbox of results that are to be delivered to them."""

    async def put(
        self, set_id: str, target: SinkTarget, secret: bytes, *, keep_secret: bool, now: datetime
    ) -> bool:
        """Sets a set's sink; what waits goes to the new one, at once.

        Args:
            set_id: Of which set.
            target: Where to.
            secret: To sign with.
            keep_secret: Whether the present one is kept, if there is one for the same URL.
            now: The present.

        Returns:
            Whether the secret was taken.
        """

    async def get(self, set_id: str) -> ResultSink | None:
        """A set's sink."""

    async def delete(self, set_id: str) -> None:
        """Deletes a sink with its deliveries; none is fine."""

    async def add_test(self, set_id: str, delivery_id: str, body: str, now: datetime) -> bool:
        """Adds a delivery that is of no inspection; False if the set has no sink."""

    async def add_part(
        self, set_id: str, delivery_id: str, body: str, now: datetime, *, alarm: bool
    ) -> bool:
        """Adds what a part came to; whether it is to be delivered.

        It is not if the set has no sink, or one that wants alarms only and this is none, if it
        waits there already, or if as many wait as may: then it is counted as dropped.
        """

    async def undelivered(self, set_id: str, *, limit: int) -> Sequence[Delivery]:
        """What waits or was given up, newest first."""

    async def retry(self, set_id: str, now: datetime) -> None:
        """Makes all that waits or was given up due now."""

    async def claim(
        self, now: datetime, *, until: datetime, limit: int, limit_of_sink: int
    ) -> Sequence[Parcel]:
        """Takes deliveries that are due; they are due again at `until` unless something is said.

        Args:
            now: The present.
            until: When another replica may take them.
            limit: Most of them.
            limit_of_sink: Most of one sink, so that one that is slow does not hold up others.
        """

    async def delivered(self, delivery: Delivery, now: datetime) -> None:
        """Removes what was delivered, and counts it."""

    async def failed(
        self,
        delivery: Delivery,
        problem: str,
        *,
        due_at: datetime | None,
        blocked_until: datetime,
        now: datetime,
    ) -> None:
        """Notes a try that failed.

        Args:
            delivery: Of what.
            problem: Why.
            due_at: When it is tried again; None: it is given up.
            blocked_until: Nothing is tried at its sink until then.
            now: The present.
        """

    async def forget_given_up_before(self, time: datetime) -> None:
        """Forgets what was given up earlier."""


class Courier(Protocol):
    """Hands results to receivers of one kind."""

    async def deliver(self, parcel: Parcel) -> None:
        """Delivers one; the same one may come twice.

        Raises:
            NotDelivered: It did not arrive, or nobody knows whether it did.
        """
