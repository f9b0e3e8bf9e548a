"""Which sockets of a process take connections, as the kernel says."""

import socket
from collections.abc import Iterable
from typing import Any

import psutil

from mesh.supervision.listener import tcp


def processes_of(pid: int) -> list[psutil.Process]:
    """A process and all that it started; none if it is gone."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def open_sockets(processes: Iterable[psutil.Process]) -> set[str]:
    """The addresses that processes take connections or datagrams at.

    Addresses are as in `Listener.address`; a unix socket without a path is `@NAME` (Linux).

    Raises:
        psutil.AccessDenied: A process is somebody else's.
    """
    found: set[str] = set()
    for process in processes:
        try:
            connections = process.net_connections(kind="all")
        except psutil.NoSuchProcess:
            continue
        for connection in connections:
            # Whoever connects by a unix socket has no address; the types do not know that.
            at: Any = connection.laddr
            if not at:
                continue
            if connection.family is socket.AF_UNIX:
                # An accepted connection has its listener's path.
                found.add(str(at))
            elif connection.status == psutil.CONN_LISTEN or (
                connection.type is socket.SOCK_DGRAM and not connection.raddr
            ):
                # gRPC binds IPv4 addresses as IPv6 ones.
                found.add(tcp(at.ip.removeprefix("::ffff:"), at.port))
    return found
