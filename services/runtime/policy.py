"""What the contract says of each method: who may call it, for how long, how often, with how much.

`argus.policy.v1` has the words. A method's policy is its own option, over the defaults of its
service. Services of other people's contracts, which carry no options of ours, are in `FOREIGN`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from argus.policy.v1 import policy_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.duration_pb2 import Duration

IDLE_S = 300.0
"""How long nothing may pass on a stream that says nothing of it."""

MAX_PUBLIC_BYTES = 64 * 2**10
"""What anybody may send without saying who they are; the contract may not allow more."""

Callers = policy_pb2.Callers
Cost = policy_pb2.Cost
Role = policy_pb2.Role

CHANGING = (policy_pb2.WRITE, policy_pb2.UPLOAD, policy_pb2.TRAIN, policy_pb2.AUTH)
"""Costs of what leaves things other than they were."""

_WITH_ROLES = (policy_pb2.USER, policy_pb2.USER_OR_SERVICE)


class PolicyError(Exception):
    """Policies that are missing, or that say what cannot be.

    Args:
        problems: A sentence for each, which begins with the method's or service's name.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class MethodPolicy:
    """A method's policy, with the defaults of its service filled in."""

    method: str
    """Full method, `/package.Service/Method`."""

    callers: Callers
    """Who may call."""

    cost: Cost
    """What limits count it as."""

    deadline_s: float
    """How long a call takes at most whose caller names no deadline; a stream, in any case."""

    max_deadline_s: float
    """The longest deadline that a caller may name."""

    max_request_bytes: int | None
    """Largest message it takes, unpacked; None: the largest that the installation takes."""

    minimum_role: Role = policy_pb2.ROLE_UNSPECIFIED
    """Role that a user needs at least; unspecified: any. Services have none and need none."""

    retryable: bool = False
    """Whether it may be sent again when nobody knows what became of it."""

    idle_s: float | None = None
    """How long nothing may pass on a stream; None for a unary call."""

    client_streaming: bool = False
    """Whether the caller sends messages as they come."""

    audited: bool = False
    """Whether it is noted in the audit what became of a call."""

    @property
    def service(self) -> str:
        """Full name of its service."""
        return self.method.split("/")[1]

    @property
    def streaming(self) -> bool:
        """Whether messages come one after the other, in either direction."""
        return self.idle_s is not None

    @property
    def public(self) -> bool:
        """Whether anybody may call, without a token, also from outside."""
        return self.callers == policy_pb2.PUBLIC

    @property
    def needs_token(self) -> bool:
        """Whether the caller must have an identity."""
        return self.callers not in (policy_pb2.PUBLIC, policy_pb2.SERVICE_WITHOUT_TOKEN)

    @property
    def through_edge(self) -> bool:
        """Whether it can be reached from outside."""
        return self.callers not in (policy_pb2.SERVICE, policy_pb2.SERVICE_WITHOUT_TOKEN)

    def request_limit(self, installation_bytes: int) -> int:
        """Bytes of the largest message, where none may have more than `installation_bytes`."""
        return min(self.max_request_bytes or installation_bytes, installation_bytes)

    def time_limit_s(self, left_s: float | None, *, service: bool) -> float | None:
        """Seconds after which a call is to be ended whose caller would wait longer.

        Args:
            left_s: What the caller's own deadline leaves; None without one.
            service: Whether a service of this mesh calls.

        Returns:
            None if nothing is to be done: the caller's deadline ends the call, or it is a stream
            of a service.
        """
        if self.streaming:
            limit_s = None if service else self.deadline_s
        else:
            limit_s = self.deadline_s if left_s is None else self.max_deadline_s
        if limit_s is None or (left_s is not None and left_s <= limit_s):
            return None
        return limit_s


def _public(method: str, deadline_s: float, **others: float | bool) -> MethodPolicy:
    return MethodPolicy(
        method, policy_pb2.PUBLIC, policy_pb2.HEALTH, deadline_s, deadline_s, MAX_PUBLIC_BYTES,
        **others,  # type: ignore[arg-type] # fields of the class
    )  # fmt: skip


FOREIGN: Mapping[str, MethodPolicy] = {
    policy.method: policy
    for policy in (
        _public("/grpc.health.v1.Health/Check", 5, retryable=True),
        # Strangers may open them, so they end soon; a client that watches for hours begins again.
        _public("/grpc.health.v1.Health/Watch", 60, idle_s=60),
        _public(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            60, idle_s=10, client_streaming=True,
        ),
    )
}  # fmt: skip
"""Methods of contracts that are not ours, by full method; grpc's own servicers answer them."""


def contract_policies(files: descriptor_pb2.FileDescriptorSet) -> dict[str, MethodPolicy]:
    """The policies of a contract's methods by full method, in the contract's order; not `FOREIGN`.

    Raises:
        PolicyError: with all that is wrong.
    """
    found: dict[str, MethodPolicy] = {}
    problems: list[str] = []
    for file in files.file:
        for service in file.service:
            reading = _Reading(file.package, service)
            found |= {policy.method: policy for policy in reading.policies()}
            problems += reading.problems
    if problems:
        raise PolicyError(problems)
    return found


@cache
def policies_of_service(name: str) -> Mapping[str, MethodPolicy]:
    """The policies of a service whose stubs are loaded, by full method.

    Raises:
        PolicyError: it has none, or not of each method.
    """
    foreign = {method: policy for method, policy in FOREIGN.items() if policy.service == name}
    if foreign:
        return foreign
    try:
        service = descriptor_pool.Default().FindServiceByName(name)
    except KeyError:
        raise PolicyError([f"{name} is not in the contract"]) from None
    proto = descriptor_pb2.ServiceDescriptorProto()
    service.CopyToProto(proto)
    file = descriptor_pb2.FileDescriptorProto(package=service.file.package, service=[proto])
    return contract_policies(descriptor_pb2.FileDescriptorSet(file=[file]))


class _Reading:
    """Reads the policies of a service, and notes what is wrong with them."""

    def __init__(self, package: str, service: descriptor_pb2.ServiceDescriptorProto) -> None:
        self.problems: list[str] = []
        self._name = f"{package}.{service.name}"
        self._methods = service.method
        options: Any = service.options  # the stubs know no extensions of other files
        self._defaults: policy_pb2.Policy = options.Extensions[policy_pb2.defaults]

    def policies(self) -> Iterator[MethodPolicy]:
        """Those of the methods that have one."""
        defaults = self._defaults
        if defaults.callers == policy_pb2.PUBLIC or defaults.cost or defaults.retryable:
            self.problems.append(
                f"{self._name}: defaults may not say PUBLIC, cost or retryable; each method does"
            )
        for method in self._methods:
            name = f"/{self._name}/{method.name}"
            options: Any = method.options
            if not options.HasExtension(policy_pb2.policy):
                self.problems.append(f"{name} has no option (argus.policy.v1.policy)")
                continue
            own: policy_pb2.Policy = options.Extensions[policy_pb2.policy]
            policy = self._policy(name, method, own)
            wrong = list(_wrong(policy, own))
            self.problems += [f"{name}: {one}" for one in wrong]
            if not wrong:
                yield policy

    def _policy(
        self, name: str, method: descriptor_pb2.MethodDescriptorProto, own: policy_pb2.Policy
    ) -> MethodPolicy:
        defaults = self._defaults
        streaming = method.client_streaming or method.server_streaming
        # A stream is longer than its service's unary calls, and says itself how long.
        deadline_s = _seconds(own.deadline) or (0 if streaming else _seconds(defaults.deadline))
        return MethodPolicy(
            method=name,
            callers=own.callers or defaults.callers,
            cost=own.cost,
            deadline_s=deadline_s,
            max_deadline_s=_seconds(own.max_deadline)
            or (deadline_s if own.HasField("deadline") else _seconds(defaults.max_deadline))
            or deadline_s,
            max_request_bytes=own.max_request_bytes or defaults.max_request_bytes or None,
            minimum_role=own.minimum_role or defaults.minimum_role,
            retryable=own.retryable,
            idle_s=_seconds(own.idle_timeout) or IDLE_S if streaming else None,
            client_streaming=method.client_streaming,
            audited=own.audit == policy_pb2.AUDITED
            or (own.audit != policy_pb2.NOT_AUDITED and own.cost in CHANGING),
        )


def _wrong(policy: MethodPolicy, own: policy_pb2.Policy) -> Iterable[str]:
    """What a policy lacks, or says that cannot be."""
    if not policy.callers:
        yield "nothing says who may call"
    if not policy.cost:
        yield "nothing says what it costs"
    if policy.deadline_s <= 0:
        yield "nothing says how long it may take; a stream says so itself"
    if policy.max_deadline_s < policy.deadline_s:
        yield "max_deadline is shorter than deadline"
    if policy.streaming and (own.retryable or own.HasField("max_deadline")):
        yield "a stream has no max_deadline and is not retryable"
    if not policy.streaming and own.HasField("idle_timeout"):
        yield "only a stream has an idle_timeout"
    if not policy.needs_token and not 0 < (policy.max_request_bytes or 0) <= MAX_PUBLIC_BYTES:
        yield f"without a token it takes at most {MAX_PUBLIC_BYTES} bytes"
    if policy.minimum_role and policy.callers not in _WITH_ROLES:
        yield "only users have roles, and a method that is not for them no minimum_role"


def _seconds(duration: Duration) -> float:
    return float(duration.ToNanoseconds()) / 1e9
