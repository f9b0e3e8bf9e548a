"""Hosts of a network: namespaces of this machine, each with an address, joined by a bridge."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.parts import Where

TOOLS = ("ip", "nft", "setpriv", "tc")


def missing() -> str:
    """What hosts cannot be made without, for people; empty if nothing is."""
    if os.name != "posix" or not Path("/proc/self/ns/net").exists():
        return "network namespaces need Linux"
    if os.geteuid() != 0:
        return "network namespaces need root"
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    if lacking:
        return f"network namespaces need {', '.join(lacking)} (iproute2, nftables, util-linux)"
    tried = _run("ip", "netns", "add", f"argus-try-{os.getpid()}", check=False)
    if tried.returncode != 0:
        return f"this machine refuses network namespaces: {tried.stderr.strip()}"
    _run("ip", "netns", "delete", f"argus-try-{os.getpid()}")
    return ""


@dataclass(frozen=True)
class Host:
    """One host."""

    name: str
    """Of its namespace."""
    address: str

    @property
    def where(self) -> Where:
        """It for parts that run there."""
        return Where(self.address, ("ip", "netns", "exec", self.name))

    def run(self, *command: str) -> None:
        """Runs something short there."""
        _run(*self.where.enter, *command)

    def cut_off(self, other: "Host") -> None:
        """From now on nothing comes from another host, or goes there, and nobody is told."""
        hook = "type filter hook {} priority 0; ip {} {} drop;"
        incoming = hook.format("input", "saddr", other.address)
        outgoing = hook.format("output", "daddr", other.address)
        rules = f"table ip argus {{ chain in {{ {incoming} }}; chain out {{ {outgoing} }}; }}"
        self.run("nft", rules)

    def join_again(self) -> None:
        """Ends what `cut_off` began."""
        self.run("nft", "delete table ip argus")

    def route_nowhere(self, other: "Host") -> None:
        """From now on what is sent to another host is lost on the way."""
        self.run("ip", "route", "add", "blackhole", f"{other.address}/32")

    def route_again(self, other: "Host") -> None:
        """Ends what `route_nowhere` began."""
        self.run("ip", "route", "delete", "blackhole", f"{other.address}/32")

    def slow_down(self, rate: str) -> None:
        """Sends at most so much from now on, such as `256kbit`."""
        self.run("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", rate,
                 "burst", "16kb", "latency", "2s")  # fmt: skip

    def speed_up(self) -> None:
        """Ends what `slow_down` began."""
        self.run("tc", "qdisc", "delete", "dev", "eth0", "root")


@dataclass
class Network:
    """Hosts that reach each other and this machine.

    Attributes:
        names: Of services, whose addresses every host knows: what DNS has in a cluster.
    """

    names: Mapping[str, Sequence[str]]
    _prefix: str = field(init=False)
    _net: str = field(init=False)
    _hosts: dict[str, Host] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._prefix = f"argus{os.getpid() % 100_000}"
        taken = _run("ip", "-4", "address").stdout
        self._net = next(
            net for one in range(1, 255) if f"inet {(net := f'10.213.{one}')}." not in taken
        )

    def host(self, name: str) -> Host:
        """The host of this name."""
        return self._hosts[name]

    @contextlib.contextmanager
    def up(self, hosts: Sequence[str]) -> Iterator["Network"]:
        """Makes the hosts; they are gone when the context closes, with all that runs there."""
        try:
            self._make(hosts)
            yield self
        finally:
            self._remove()

    def _make(self, hosts: Sequence[str]) -> None:
        _run("ip", "link", "add", self._prefix, "type", "bridge")
        _run("ip", "address", "add", f"{self._net}.1/24", "dev", self._prefix)
        _run("ip", "link", "set", self._prefix, "up")
        for number, name in enumerate(hosts, start=2):
            self._hosts[name] = Host(f"{self._prefix}-{name}", f"{self._net}.{number}")
        known = "127.0.0.1 localhost\n" + "".join(
            f"{self._hosts[host].address} {name}\n"
            for name, some in self.names.items()
            for host in some
        )
        for number, host in enumerate(self._hosts.values()):
            link = f"{self._prefix}{number}"
            _run("ip", "netns", "add", host.name)
            files = Path("/etc/netns") / host.name
            files.mkdir(parents=True)
            (files / "hosts").write_text(known)
            # No server of names: what the hosts do not know does not exist.
            (files / "resolv.conf").write_text("nameserver 127.0.0.1\n")
            _run("ip", "link", "add", link, "type", "veth", "peer", "eth0", "netns", host.name)
            _run("ip", "link", "set", link, "master", self._prefix, "up")
            host.run("ip", "address", "add", f"{host.address}/24", "dev", "eth0")
            host.run("ip", "link", "set", "eth0", "up")
            host.run("ip", "link", "set", "lo", "up")

    def _remove(self) -> None:
        for host in self._hosts.values():
            found = _run("ip", "netns", "pids", host.name, check=False)
            for pid in found.stdout.split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), 9)
            _run("ip", "netns", "delete", host.name, check=False)
            shutil.rmtree(Path("/etc/netns") / host.name, ignore_errors=True)
        _run("ip", "link", "delete", self._prefix, check=False)


def _run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done
