"""Processes that a service starts."""

import asyncio
import subprocess
import sys

PROGRAM = """
import services, asyncio, collections
import grpc, uvloop

class Echo(grpc.GenericRpcHandler):
    def service(self, details):
        async def same(request, context):
            return request
        return grpc.unary_unary_rpc_method_handler(same)

async def main():
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    codes = collections.Counter()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary("/a/b")
        async def calls():
            while sum(codes.values()) < 60:
                await call(b"x")
        calling = asyncio.gather(*(calls() for _ in range(4)))
        while sum(codes.values()) < 60:
            process = await asyncio.create_subprocess_exec("/bin/sh", "-c", "exit 7")
            codes[await process.wait()] += 1
        await calling
    await server.stop(0)
    print(dict(codes))

uvloop.run(main())
"""


async def test_a_process_that_is_started_under_calls_is_not_ended_by_grpc() -> None:
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout == "{7: 60}\n", ended.stderr
    assert "fork" not in ended.stderr
