"""Asks the service of this container how it is, as orchestrators do that run a command for it.

    python -m services.runtime.ask_health [NAME]

NAME is one under which health answers: none for the service and all that it needs, `live` for the
process alone. The exit status is 0 if it is SERVING. It asks at `ARGUS_LISTEN`, without TLS.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

TIMEOUT_S = 4.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - to be replaced


def ask(listen: str, name: str) -> str:
    """What health answers under a name, such as `SERVING`, or why it does not.

    Args:
        listen: `host:port` that the service listens on.
        name: Which health.
    """
    host, _, port = listen.rpartition(":")
    with grpc.insecure_channel(f"{_EVERYWHERE.get(host, host)}:{port}") as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # its stubs leave the methods out
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=TIMEOUT_S)
        except grpc.RpcError as error:
            call: Any = error
            return f"{call.code().name}: {call.details()}"
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def main(arguments: Sequence[str]) -> int:
    """Says the answer; 0 if it is SERVING."""
    listen = os.environ.get("ARGUS_LISTEN", "")
    if ":" not in listen or len(arguments) > 1:
        sys.stderr.write("ARGUS_LISTEN says where to ask, and at most one name may be given.\n")
        return 2
    said = ask(listen, arguments[0] if arguments else "")
    sys.stdout.write(said + "\n")
    return 0 if said == "SERVING" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
