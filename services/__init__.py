"""The services of the mesh."""

import os

# gRPC would stop and start its threads around every fork, in parent and child, and now and then the
# child crashes in that before it becomes another program (4 of 150, under calls). No service
# goes on with gRPC in a process that was forked. gRPC reads this once, when it is first imported.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
