"""Puts the InstallationService together, for the service that composes it."""

from collections.abc import Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version

import grpc
import redis.asyncio

from services.installation.description import Description
from services.installation.grpc_peers import GrpcPeers
from services.installation.model import InspectionFacts
from services.installation.observation import Observation
from services.installation.ports import Backlog, Part
from services.installation.redis_indexing import RedisIndexing
from services.installation.servicer import InstallationServicer
from services.runtime.errors import Unavailable
from services.runtime.health import Dependency, check_peer
from services.runtime.outgoing import ServiceToken

_PACKAGE = "argus-mesh"

WITHOUT = {
    "auth": "Nobody can sign in; whoever is signed in stays so until their token expires.",
    "storage": "Images can be neither uploaded nor shown, and searches show nothing.",
    "embedder": "Words and new pictures cannot be searched with or inspected; uploads wait.",
    "search": "Images cannot be searched; uploads wait to be indexed.",
    "inspection": "Images cannot be inspected.",
}
"""What does not work while a service is down, for people."""


def installation_servicer(
    *,
    name: str,
    channels: dict[str, grpc.aio.Channel],
    token: ServiceToken,
    client: redis.asyncio.Redis,
    own_dependencies: Sequence[Dependency],
    queues: Sequence[Backlog],
    inspection: InspectionFacts,
    trace_share: float,
) -> InstallationServicer:
    """The servicer.

    Args:
        name: What whoever runs the installation calls it.
        channels: To auth, storage, embedder and search.
        token: The identity of the service that composes this, inspection.
        client: Redis, text in and out.
        own_dependencies: What that service needs besides the others.
        queues: Queues that only that service can read.
        inspection: What it knows of itself.
        trace_share: Of the traces that clients begin, how many are kept, 0 to 1.
    """
    peers = GrpcPeers(channels["storage"], channels["embedder"], token)
    indexing = RedisIndexing(client)
    return InstallationServicer(
        Description(
            peers,
            name=name,
            version=argus_version(),
            inspection=inspection,
            trace_share=trace_share,
        ),
        Observation(
            [
                Part(one, partial(check_peer, channels[one]), WITHOUT[one])
                for one in ("auth", "storage", "embedder", "search")
            ],
            Part("inspection", partial(_check_own, own_dependencies), WITHOUT["inspection"]),
            queues=[indexing, *queues],
            totals=indexing,
            peers=peers,
        ),
    )


def argus_version() -> str:
    """Version of the installed package; `unknown` if it runs from its source alone."""
    try:
        return version(_PACKAGE)
    except PackageNotFoundError:
        return "unknown"


async def _check_own(dependencies: Sequence[Dependency]) -> None:
    """Returns if all work.

    Raises:
        Unavailable: one does not.
    """
    for dependency in dependencies:
        try:
            await dependency.probe()
        except Exception as error:
            raise Unavailable(f"{dependency.name} is down") from error
