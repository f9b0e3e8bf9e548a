"""The composition root: which parts a mesh has and how they find each other."""

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mesh.credentials import Credentials
from mesh.errors import MeshError
from mesh.limits_file import establish, in_force
from mesh.options import LOOPBACK, MeshOptions
from mesh.parts.archive import archive_parts
from mesh.parts.edge import edge_part
from mesh.parts.edge_store import Store
from mesh.parts.identity_providers import identity_providers
from mesh.parts.inner_tls import inner_tls
from mesh.parts.metrics_store import metrics_store_part
from mesh.parts.objects import BUCKET, REGION, objects_part, objects_url
from mesh.parts.observe import observe_part, otlp_url, telemetry_variables
from mesh.parts.postgres import ARCHIVED, postgres_part, postgres_url
from mesh.parts.redis import redis_part, redis_url
from mesh.parts.services import service_part
from mesh.public_url import host_of
from mesh.supervision.part import Part, Probe, Stage
from mesh.supervision.ports import Ports
from mesh.supervision.probes import (
    check_grpc_health,
    check_postgres,
    check_redis,
    check_s3,
    s3_client,
)
from services.embedder.settings import machine_memory_bytes


@dataclass(frozen=True)
class Plan:
    """What to run."""

    parts: tuple[Part, ...]
    """In the order people think of them: stores, services, edge, what looks on."""

    ready: Probe
    """Asks, through the edge and as a client would, whether the whole mesh is SERVING."""

    postgres_url: str = ""
    """Where the services find the database."""


def postgres_is_external() -> bool:
    """Whether PostgreSQL runs elsewhere."""
    return bool(os.environ.get("ARGUS_POSTGRES_URL"))


def objects_are_external() -> bool:
    """Whether the object store runs elsewhere."""
    return bool(os.environ.get("ARGUS_S3_URL"))


def build_plan(options: MeshOptions, ports: Ports, credentials: Credentials) -> Plan:
    """Puts the parts together. It touches nothing yet.

    `ARGUS_POSTGRES_URL`, `ARGUS_REDIS_URL` and `ARGUS_S3_URL` replace a part by one that runs
    elsewhere; `ARGUS_QDRANT_URL` goes to search as it is.

    Raises:
        MeshError: A program is not installed, or an external store's credentials are missing.
    """
    layout = options.layout
    inner = inner_tls(layout, mtls=options.mtls)
    postgres = os.environ.get("ARGUS_POSTGRES_URL", "")
    redis = os.environ.get("ARGUS_REDIS_URL", "")
    environment: dict[str, str] = {
        "ARGUS_POSTGRES_URL": postgres or postgres_url(layout),
        "ARGUS_REDIS_URL": redis or redis_url(layout),
        **object_store_environment(options, ports, credentials),
        **{
            f"ARGUS_{name.upper()}_URL": _target(ports.of(name))
            for name in ("auth", "storage", "search", "inspection")
        },
        **_embedder_environment(options, ports),
        "ARGUS_BACKUP_RECORD": str(layout.backup_file),
        **({"ARGUS_ARCHIVE_RECORD": str(layout.archive_file)} if options.archive else {}),
        **identity_providers(layout),
        # For links that people follow, such as those in letters.
        "ARGUS_PUBLIC_URL": options.public_url
        or f"http://{_public_host(options.host)}:{ports.edge}",
        "ARGUS_SERVICE_SECRET": credentials.service_secret,
        "ARGUS_MESSAGE_LIMITS_FILE": str(layout.limits_in_force),
        "ARGUS_MAIL_DIR": str(layout.mail),
        "ARGUS_MODEL": options.model,
        "ARGUS_MODEL_DIR": str(options.models),
        "ARGUS_VECTOR_DIR": str(layout.data_dir / "vectors"),
    }
    collector = otlp_url(layout) if options.observe else ""
    telemetry = telemetry_variables(layout) if options.observe else {}
    advice = {
        "embedder": (
            f"Can the model `{options.model}` be had here? `--model compact` needs no download."
        ),
        "storage": "Do PostgreSQL, Redis and the object store answer?",
        "search": (
            "Do PostgreSQL and Redis answer? Is another search process using the vectors' folder, "
            "or is the disk full?"
        ),
        "inspection": "Do PostgreSQL and Redis answer?",
        "auth": "Do PostgreSQL and Redis answer?",
    }
    return Plan(
        parts=(
            _external("postgres", lambda: check_postgres(postgres))
            if postgres_is_external()
            else postgres_part(
                layout,
                ARCHIVED if options.archive else None,
                further_replicas=sum(number - 1 for number in options.replicas.values()),
            ),
            _external("redis", lambda: check_redis(redis)) if redis else redis_part(layout),
            _external_objects(environment)
            if objects_are_external()
            else objects_part(layout, ports, credentials, options.objects_host),
            *(
                service_part(
                    name,
                    port,
                    _of_replica(name, replica, environment),
                    layout,
                    advice[name],
                    replica=replica,
                    inner=inner,
                    metrics_port=ports.metrics_of(name, replica) if options.metrics else 0,
                    telemetry=telemetry,
                )
                for name in ("auth", "storage", "embedder", "search", "inspection")
                for replica, port in enumerate(ports.of(name), start=1)
            ),
            edge_part(
                layout,
                ports,
                options.host,
                Store(
                    environment["ARGUS_S3_URL"],
                    environment["ARGUS_S3_PUBLIC_URL"],
                    environment["ARGUS_S3_BUCKET"],
                    environment["ARGUS_S3_SIGNED_HOST"],
                ),
                credentials.service_secret,
                public_url=options.public_url,
                inner=inner,
                limits=lambda: in_force(layout) or establish(layout),
                otlp_url=collector,
            ),
            *_observers(options, ports),
            *archive_parts(options),
        ),
        ready=lambda: check_grpc_health(f"{_dialable(options.host)}:{ports.edge}"),
        postgres_url=environment["ARGUS_POSTGRES_URL"],
    )


def _observers(options: MeshOptions, ports: Ports) -> tuple[Part, ...]:
    """What looks at the others."""
    if not options.observe:
        return ()
    page = observe_part(options.layout, ports)
    if options.metrics_store is None:
        return (page,)
    replicas = {
        name: [ports.metrics_of(name, number) for number in range(1, len(ports.of(name)) + 1)]
        for name in ("auth", "storage", "embedder", "search", "inspection")
    }
    return (page, metrics_store_part(options.metrics_store, options.layout, ports, replicas))


def _target(ports: Sequence[int]) -> str:
    """How services reach another: with several replicas each call goes to one that is there."""
    addresses = ",".join(f"{LOOPBACK}:{port}" for port in ports)
    return addresses if len(ports) == 1 else f"ipv4:{addresses}"


def _of_replica(name: str, replica: int, environment: Mapping[str, str]) -> Mapping[str, str]:
    """The variables of a replica. A further search keeps its maps in a folder of its own."""
    if name != "search" or replica == 1:
        return environment
    return {**environment, "ARGUS_VECTOR_DIR": f"{environment['ARGUS_VECTOR_DIR']}-{replica}"}


def _embedder_environment(options: MeshOptions, ports: Ports) -> dict[str, str]:
    """How services reach the embedders, and what each of them may use of the machine."""
    if options.embedders == 1:
        # No need to balance: one hop less.
        return {"ARGUS_EMBEDDER_URL": f"{LOOPBACK}:{ports.embedder}"}
    cores = os.cpu_count() or 1
    shares = {
        "ARGUS_EMBEDDER_THREADS": max(1, cores // options.embedders),
        "ARGUS_EMBEDDER_MODEL_MEMORY_BYTES": max(
            2**28, machine_memory_bytes() // 2 // options.embedders
        ),
        "ARGUS_EMBED_STREAMS": options.embedders,
    }
    return {
        "ARGUS_EMBEDDER_URL": f"{LOOPBACK}:{ports.internal}",
        **{name: os.environ.get(name, str(share)) for name, share in shares.items()},
    }


def object_store_environment(
    options: MeshOptions, ports: Ports, credentials: Credentials
) -> dict[str, str]:
    """Where the object store is and who may use it, as variables of the services.

    Raises:
        MeshError: It runs elsewhere and its credentials are missing.
    """
    if objects_are_external():
        missing = [
            name
            for name in ("ARGUS_S3_ACCESS_KEY", "ARGUS_S3_SECRET_KEY")
            if not os.environ.get(name)
        ]
        if missing:
            raise MeshError(
                f"ARGUS_S3_URL names an object store, but {' and '.join(missing)} is not set.",
                "Set them to an identity that may read and write the bucket.",
            )
        inside = os.environ["ARGUS_S3_URL"]
        return {
            "ARGUS_S3_URL": inside,
            **_links(os.environ.get("ARGUS_S3_PUBLIC_URL"), inside, inside, options),
            "ARGUS_S3_ACCESS_KEY": os.environ["ARGUS_S3_ACCESS_KEY"],
            "ARGUS_S3_SECRET_KEY": os.environ["ARGUS_S3_SECRET_KEY"],
            "ARGUS_S3_BUCKET": os.environ.get("ARGUS_S3_BUCKET", BUCKET),
            "ARGUS_S3_REGION": os.environ.get("ARGUS_S3_REGION", REGION),
        }
    inside = objects_url(ports)
    direct = f"http://{_public_host(options.host)}:{ports.objects}"
    return {
        "ARGUS_S3_URL": inside,
        **_links(os.environ.get("ARGUS_S3_PUBLIC_URL"), direct, inside, options),
        "ARGUS_S3_ACCESS_KEY": credentials.s3_access_key,
        "ARGUS_S3_SECRET_KEY": credentials.s3_secret_key,
        "ARGUS_S3_BUCKET": BUCKET,
        "ARGUS_S3_REGION": REGION,
    }


def _links(chosen: str | None, direct: str, inside: str, options: MeshOptions) -> dict[str, str]:
    """What presigned URLs begin with, and the host that they are signed for.

    Through the edge the store sees its own inner address, whatever proxies in front made of it.
    Without a public URL clients reach the store itself: nothing is faster, and on a laptop nothing
    is in the way.

    Args:
        chosen: What whoever runs the mesh says that the store's address is for clients.
        direct: The store as clients of this machine, or of its network, reach it.
        inside: The store as the edge reaches it.
        options: Of the mesh.
    """
    if chosen or not options.public_url:
        return {"ARGUS_S3_PUBLIC_URL": chosen or direct, "ARGUS_S3_SIGNED_HOST": ""}
    return {
        "ARGUS_S3_PUBLIC_URL": options.public_url,
        "ARGUS_S3_SIGNED_HOST": host_of(inside),
    }


def _external(name: str, probe: Probe) -> Part:
    return Part(name=name, stage=Stage.STORE, ready=probe)


def _external_objects(environment: dict[str, str]) -> Part:
    client = s3_client(
        environment["ARGUS_S3_URL"],
        environment["ARGUS_S3_ACCESS_KEY"],
        environment["ARGUS_S3_SECRET_KEY"],
        environment["ARGUS_S3_REGION"],
    )
    return _external("objects", lambda: check_s3(client))


def _dialable(host: str) -> str:
    return LOOPBACK if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound


def _public_host(host: str) -> str:
    """How clients reach this machine: presigned URLs must work for whoever can reach the edge."""
    if host != "0.0.0.0":  # noqa: S104 - compared, not bound
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Sends nothing; asks the kernel which of our addresses leads outside.
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return LOOPBACK
