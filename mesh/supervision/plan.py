"""The composition root: which parts a mesh has and how they find each other."""

import os
import socket
from dataclasses import dataclass

from mesh.credentials import Credentials
from mesh.errors import MeshError
from mesh.options import LOOPBACK, MeshOptions
from mesh.parts.edge import edge_part
from mesh.parts.edge_store import Store
from mesh.parts.objects import BUCKET, REGION, objects_part, objects_url
from mesh.parts.postgres import postgres_part, postgres_url
from mesh.parts.redis import redis_part, redis_url
from mesh.parts.services import service_part
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
    """In the order people think of them: stores, services, edge."""

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
    postgres = os.environ.get("ARGUS_POSTGRES_URL", "")
    redis = os.environ.get("ARGUS_REDIS_URL", "")
    environment: dict[str, str] = {
        "ARGUS_POSTGRES_URL": postgres or postgres_url(layout),
        "ARGUS_REDIS_URL": redis or redis_url(layout),
        **object_store_environment(options, ports, credentials),
        **{
            f"ARGUS_{name.upper()}_URL": f"{LOOPBACK}:{getattr(ports, name)}"
            for name in ("auth", "storage", "search", "inspection")
        },
        **_embedder_environment(options, ports),
        "ARGUS_BACKUP_RECORD": str(layout.backup_file),
        "ARGUS_SERVICE_SECRET": credentials.service_secret,
        "ARGUS_MAIL_DIR": str(layout.mail),
        "ARGUS_PUBLIC_URL": os.environ.get("ARGUS_PUBLIC_URL")
        or f"http://{_public_host(options.host)}:{ports.edge}",
        "ARGUS_MODEL": options.model,
        "ARGUS_MODEL_DIR": str(options.models),
        "ARGUS_VECTOR_DIR": str(layout.data_dir / "vectors"),
    }
    advice = {
        "embedder": (
            f"Can the model `{options.model}` be had here? `--model compact` needs no download."
        ),
        "storage": "Do PostgreSQL, Redis and the object store answer?",
        "search": (
            "Does Redis answer? Is another search process using the vectors' folder, or is the "
            "disk full?"
        ),
        "inspection": "Do PostgreSQL and Redis answer?",
        "auth": "Do PostgreSQL and Redis answer?",
    }
    return Plan(
        parts=(
            _external("postgres", lambda: check_postgres(postgres))
            if postgres_is_external()
            else postgres_part(layout),
            _external("redis", lambda: check_redis(redis)) if redis else redis_part(layout),
            _external_objects(environment)
            if objects_are_external()
            else objects_part(layout, ports, credentials, options.host),
            *(
                service_part(name, getattr(ports, name), environment, layout, advice[name])
                for name in ("auth", "storage")
            ),
            *(
                service_part(
                    "embedder", port, environment, layout, advice["embedder"], replica=replica
                )
                for replica, port in enumerate(ports.embedders, start=1)
            ),
            *(
                service_part(name, getattr(ports, name), environment, layout, advice[name])
                for name in ("search", "inspection")
            ),
            edge_part(
                layout,
                ports,
                options.host,
                Store(
                    environment["ARGUS_S3_URL"],
                    environment["ARGUS_S3_PUBLIC_URL"],
                    environment["ARGUS_S3_BUCKET"],
                ),
                credentials.service_secret,
            ),
        ),
        ready=lambda: check_grpc_health(f"{_dialable(options.host)}:{ports.edge}"),
        postgres_url=environment["ARGUS_POSTGRES_URL"],
    )


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
            "ARGUS_S3_PUBLIC_URL": os.environ.get("ARGUS_S3_PUBLIC_URL", inside),
            "ARGUS_S3_ACCESS_KEY": os.environ["ARGUS_S3_ACCESS_KEY"],
            "ARGUS_S3_SECRET_KEY": os.environ["ARGUS_S3_SECRET_KEY"],
            "ARGUS_S3_BUCKET": os.environ.get("ARGUS_S3_BUCKET", BUCKET),
            "ARGUS_S3_REGION": os.environ.get("ARGUS_S3_REGION", REGION),
        }
    public = os.environ.get("ARGUS_S3_PUBLIC_URL")
    return {
        "ARGUS_S3_URL": objects_url(ports),
        "ARGUS_S3_PUBLIC_URL": public or f"http://{_public_host(options.host)}:{ports.objects}",
        "ARGUS_S3_ACCESS_KEY": credentials.s3_access_key,
        "ARGUS_S3_SECRET_KEY": credentials.s3_secret_key,
        "ARGUS_S3_BUCKET": BUCKET,
        "ARGUS_S3_REGION": REGION,
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
