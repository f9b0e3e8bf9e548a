"""From reports to the contract's messages."""

from argus.installation.v1 import installation_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from services.installation.model import PartReport, PartState, QueueReport, StatusReport

_STATES = {
    PartState.SERVING: installation_pb2.Part.SERVING,
    PartState.NOT_SERVING: installation_pb2.Part.NOT_SERVING,
    PartState.UNREACHABLE: installation_pb2.Part.UNREACHABLE,
}


def status_message(report: StatusReport) -> installation_pb2.InstallationStatus:
    """A report as a message."""
    at = Timestamp()
    at.FromMilliseconds(round(report.at * 1000))
    return installation_pb2.InstallationStatus(
        server_time=at,
        parts=[_part(part) for part in report.parts],
        queues=[_queue(queue) for queue in report.queues],
        models=report.models,
        counters=[
            installation_pb2.Counter(name=name, value=value)
            for name, value in sorted(report.totals.items())
        ],
    )


def _part(part: PartReport) -> installation_pb2.Part:
    return installation_pb2.Part(
        name=part.name,
        state=_STATES[part.state],
        check_duration=_duration(part.check_s),
        message=part.message,
    )


def _queue(queue: QueueReport) -> installation_pb2.Queue:
    message = installation_pb2.Queue(
        name=queue.name, waiting=queue.waiting, running=queue.running, total=queue.total
    )
    if queue.oldest_age_s is not None:
        message.oldest_age.CopyFrom(_duration(queue.oldest_age_s))
    return message


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromMicroseconds(max(0, round(seconds * 1e6)))
    return duration
