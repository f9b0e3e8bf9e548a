"""A collector that takes everything and looks at nothing: `python -m bench.telemetry.sink`.

Prints the port that it listens on. A process of its own, so that what it takes is not the mesh's.
"""

import asyncio

import grpc

_METHODS = {
    "opentelemetry.proto.collector.trace.v1.TraceService": "Export",
    "opentelemetry.proto.collector.metrics.v1.MetricsService": "Export",
}
_EMPTY = b""
"""An `Export…ServiceResponse` that has nothing to say."""


async def serve() -> None:
    """Serves until the process is ended."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(
        [
            grpc.method_handlers_generic_handler(
                service, {method: grpc.unary_unary_rpc_method_handler(_taken)}
            )
            for service, method in _METHODS.items()
        ]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


async def _taken(_request: bytes, _context: object) -> bytes:
    return _EMPTY


if __name__ == "__main__":
    asyncio.run(serve())
