"""RPC methods about where results go: translate, call, translate."""

from argus.inspection.v1 import inspection_pb2 as pb

from services.inspection.line.sink_desk import ResultSinkDesk
from services.inspection.line.sink_model import Delivery, ResultSink, SinkKind, SinkTarget
from services.inspection.messages.values import canonical, time_message
from services.inspection.peers.redis_courier import stream_of
from services.runtime.identity import require_user


class SinkMethods:
    """Some of the RPC methods; the contract documents them."""

    _sinks: ResultSinkDesk

    async def SetResultSink(
        self, request: pb.SetResultSinkRequest, context: object
    ) -> pb.SetResultSinkResponse:
        sink, secret = await self._sinks.put(
            canonical(request.reference_set_id),
            require_user().user_id,
            target_from(request.sink),
            renew=request.new_secret,
        )
        return pb.SetResultSinkResponse(sink=sink_message(sink), secret=secret)

    async def GetResultSink(
        self, request: pb.GetResultSinkRequest, context: object
    ) -> pb.ResultSink:
        set_id = canonical(request.reference_set_id)
        return sink_message(await self._sinks.get(set_id, require_user().user_id))

    async def DeleteResultSink(
        self, request: pb.DeleteResultSinkRequest, context: object
    ) -> pb.DeleteResultSinkResponse:
        await self._sinks.delete(canonical(request.reference_set_id), require_user().user_id)
        return pb.DeleteResultSinkResponse()

    async def TestResultSink(
        self, request: pb.TestResultSinkRequest, context: object
    ) -> pb.ResultDelivery:
        set_id = canonical(request.reference_set_id)
        return delivery_message(await self._sinks.test(set_id, require_user().user_id))

    async def ListResultDeliveries(
        self, request: pb.ListResultDeliveriesRequest, context: object
    ) -> pb.ListResultDeliveriesResponse:
        set_id = canonical(request.reference_set_id)
        found = await self._sinks.undelivered(set_id, require_user().user_id)
        return pb.ListResultDeliveriesResponse(deliveries=[delivery_message(one) for one in found])

    async def RetryResultDeliveries(
        self, request: pb.RetryResultDeliveriesRequest, context: object
    ) -> pb.ResultSink:
        set_id = canonical(request.reference_set_id)
        return sink_message(await self._sinks.retry(set_id, require_user().user_id))


def target_from(message: pb.ResultSink) -> SinkTarget:
    """Where an owner wants results to go."""
    if message.HasField("webhook"):
        return SinkTarget(SinkKind.WEBHOOK, message.webhook.url, message.anomalous_only)
    return SinkTarget(SinkKind.REDIS_STREAM, "", message.anomalous_only)


def sink_message(sink: ResultSink) -> pb.ResultSink:
    """A sink and how it fares."""
    message = pb.ResultSink(
        anomalous_only=sink.target.anomalous_only,
        update_time=time_message(sink.updated_at),
        delivered=sink.delivered,
        waiting=sink.waiting,
        given_up=sink.given_up,
        dropped=sink.dropped,
        last_problem=sink.last_problem,
    )
    if sink.target.kind is SinkKind.WEBHOOK:
        message.webhook.url = sink.target.url
    else:
        message.redis_stream.key = stream_of(sink.set_id)
    if sink.last_delivered_at is not None:
        message.last_delivery_time.CopyFrom(time_message(sink.last_delivered_at))
    return message


def delivery_message(delivery: Delivery) -> pb.ResultDelivery:
    """A result on its way."""
    message = pb.ResultDelivery(
        delivery_id=delivery.delivery_id,
        inspection_id=delivery.inspection_id,
        create_time=time_message(delivery.created_at),
        tries=delivery.tries,
        problem=delivery.problem,
    )
    if delivery.due_at is not None:
        message.next_try_time.CopyFrom(time_message(delivery.due_at))
    if delivery.gave_up_at is not None:
        message.give_up_time.CopyFrom(time_message(delivery.gave_up_at))
    return message
