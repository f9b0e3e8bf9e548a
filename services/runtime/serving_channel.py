"""A channel that asks those replicas of a peer that say they are SERVING, while there are any.

gRPC can watch each replica's health and leave out the others. If none is left it refuses calls by
itself, without a reason; then the replicas are asked as if nobody had looked, because they say best
what is wrong. The edge does the same.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Self

import grpc

SERVING_ONLY = json.dumps(
    {"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}}
)
"""gRPC's own words for a channel that leaves out who is not SERVING: value of
`grpc.service_config`."""


class ServingChannel(grpc.aio.Channel):
    """Two channels to the same replicas, of which each call takes one when it begins.

    Args:
        serving: Leaves out replicas that are not SERVING.
        any_: Leaves out none.
    """

    def __init__(self, serving: grpc.aio.Channel, any_: grpc.aio.Channel) -> None:
        self._serving = serving
        self._any = any_

    @property
    def knows_one(self) -> bool:
        """Whether a replica is known to be SERVING. Until the first has answered none is."""
        return self._serving.get_state(try_to_connect=True) is grpc.ChannelConnectivity.READY

    async def __aenter__(self) -> Self:
        """Nothing is opened before it is used."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Closes both."""
        await self.close(None)

    async def close(self, grace: float | None = None) -> None:
        """Closes both."""
        await asyncio.gather(self._serving.close(grace), self._any.close(grace))

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Whether any replica is connected."""
        return self._any.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Waits until that changes."""
        await self._any.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Waits until any replica is connected."""
        await self._any.channel_ready()

    def unary_unary(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - gRPC's own types
        """A method of this kind."""
        return self._method("unary_unary", args, options)

    def unary_stream(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """A method of this kind."""
        return self._method("unary_stream", args, options)

    def stream_unary(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """A method of this kind."""
        return self._method("stream_unary", args, options)

    def stream_stream(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """A method of this kind."""
        return self._method("stream_stream", args, options)

    def _method(
        self, kind: str, args: tuple[Any, ...], options: dict[str, Any]
    ) -> Callable[..., Any]:
        of_serving = getattr(self._serving, kind)(*args, **options)
        of_any = getattr(self._any, kind)(*args, **options)

        def call(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - a call of gRPC's
            return (of_serving if self.knows_one else of_any)(*args, **options)

        return call
