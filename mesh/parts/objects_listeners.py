"""What the object store listens on: S3 for others, and seven ports and six sockets for itself."""

from pathlib import Path

from mesh.layout import Layout
from mesh.options import LOOPBACK
from mesh.supervision.listener import Guard, Listener, tcp
from mesh.supervision.ports import Ports


def objects_listeners(layout: Layout, ports: Ports, host: str) -> tuple[Listener, ...]:
    """Every socket of the object store.

    Args:
        layout: Where those are whose place can be chosen; the rest is in /tmp.
        ports: Its ports.
        host: Address the S3 gateway listens on.
    """
    itself = "the object store itself"
    # Bound to another address, it listens on loopback as well.
    hosts = (host,) if host in {LOOPBACK, "0.0.0.0"} else (host, LOOPBACK)  # noqa: S104 - compared
    return (
        *(
            Listener(
                "s3" if at == host else "s3-loopback",
                tcp(at, ports.objects),
                "S3: images, and what services keep",
                "storage, with the store's key; whoever has a presigned URL, for one object",
                Guard.SIGNATURE,
                "/status and /healthz, which say that it runs",
            )
            for at in hosts
        ),
        *(
            Listener(
                "s3-grpc" if at == host else "s3-grpc-loopback",
                tcp(at, ports.objects_grpc),
                "gRPC of the S3 gateway",
                itself,
                Guard.CERTIFICATE,
            )
            for at in hosts
        ),
        *(
            Listener(f"{name}{suffix}", tcp(LOOPBACK, port), what, itself, Guard.CERTIFICATE)
            for name, http, grpc in (
                ("master", ports.master, ports.master_grpc),
                ("volume", ports.volume, ports.volume_grpc),
                ("filer", ports.filer, ports.filer_grpc),
            )
            for suffix, port, what in (
                ("", http, f"HTTP of the {name} server"),
                ("-grpc", grpc, f"gRPC of the {name} server"),
            )
        ),
        *(
            Listener(f"{name}-socket", str(path), what, itself, Guard.OWNER)
            for name, path, what in (
                ("filer", filer_socket(layout), "HTTP of the filer server"),
                ("s3", s3_socket(layout), "S3"),
                *(
                    (
                        f"{name}-grpc",
                        Path(f"/tmp/seaweedfs-{name}-grpc-{port}.sock"),  # noqa: S108 - its choice
                        f"gRPC of {name}",
                    )
                    for name, port in (
                        ("master", ports.master_grpc),
                        ("volume", ports.volume_grpc),
                        ("filer", ports.filer_grpc),
                        ("s3", ports.objects_grpc),
                    )
                ),
            )
        ),
    )


def filer_socket(layout: Layout) -> Path:
    """Where its gateway finds its filer."""
    return layout.sockets / "objects-filer.sock"


def s3_socket(layout: Layout) -> Path:
    """S3 once more; nobody uses it, and it cannot be left out."""
    return layout.sockets / "objects-s3.sock"
