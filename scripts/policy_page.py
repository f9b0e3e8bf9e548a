"""The page of the documentation that lists every method with its policy, made from the contract.

python -m scripts.policy_page FOLDER   writes FOLDER/docs/policy.md from FOLDER/gen/argus.binpb

A program of its own, because the policies are read with the stubs that were just generated. It
fails if a method has no policy, and names it.
"""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from argus.policy.v1 import policy_pb2
from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from services.runtime.policy import FOREIGN, MethodPolicy, PolicyError, contract_policies

PAGE = Path("docs") / "policy.md"

HEAD = """# Every method

`make proto` writes this page from the policies in `protos/` (`argus.policy.v1`), by which the
edge and the services go.

- **Who**: *anybody* needs no token; *users* are signed in; *services* are those of the mesh, and
  the edge does not lead to what is theirs alone; those *without token* prove in the request who
  they are. In parentheses the role that a user needs at least: *viewer*, *inspector*, *admin*;
  each may do what those before may. Others are answered `TOKEN_INVALID`, `USER_ONLY`,
  `SERVICE_ONLY` or `ROLE_REQUIRED`.
- **Time**: what a call has that names no deadline, and the longest deadline that counts. Of a
  stream: how long it may be open, and how long nothing may pass. Then the answer is
  DEADLINE_EXCEEDED. Streams of services have no limit.
- **Again**: whether the edge, or you, may send it once more when nobody knows what became of it.
- **Message**: the largest, unpacked; a larger one is `REQUEST_TOO_LARGE`. *M* is the largest that
  the installation takes (`ARGUS_MAX_MESSAGE_BYTES`, 56 MiB). A body over REST may be as long, or
  a third longer where it has bytes as base64, and 32 MiB at most.
- **Cost**: what limits count a call as.
- **Audit**: whether it is noted who called, with what result (`GET /api/auth/audit`).
"""

_WHO = {
    policy_pb2.PUBLIC: "anybody",
    policy_pb2.USER: "users",
    policy_pb2.SERVICE: "services",
    policy_pb2.USER_OR_SERVICE: "users, services",
    policy_pb2.SERVICE_WITHOUT_TOKEN: "services without token",
}


def policy_page(files: FileDescriptorSet) -> str:
    """The page.

    Raises:
        PolicyError: a method has no policy, or one that cannot be.
    """
    policies = contract_policies(files)
    paths = dict(_rest(files))
    text = HEAD
    for service, methods in groupby(
        (*policies.values(), *FOREIGN.values()), key=lambda policy: policy.service
    ):
        text += (
            f"\n## {service}\n\n"
            "| method | REST | who | time | again | message | cost | audit |\n"
            "|---|---|---|---|---|---|---|---|\n"
        )
        text += "".join(_row(policy, paths.get(policy.method, "")) for policy in methods)
    return text


def main() -> int:
    """Writes the page into the folder that is named; the process's exit code."""
    folder = Path(sys.argv[1])
    files = FileDescriptorSet.FromString((folder / "gen" / "argus.binpb").read_bytes())
    try:
        text = policy_page(files)
    except PolicyError as error:
        print(error, file=sys.stderr)
        return 1
    (folder / PAGE).parent.mkdir(exist_ok=True)
    (folder / PAGE).write_text(text, encoding="utf-8")
    return 0


def _row(policy: MethodPolicy, paths: str) -> str:
    time = f"{_time(policy.deadline_s)}, {_time(policy.max_deadline_s)}"
    if policy.idle_s is not None:
        time = f"{_time(policy.deadline_s)} open, {_time(policy.idle_s)} still"
    cells = (
        f"`{policy.method.rpartition('/')[2]}`",
        paths,
        _WHO[policy.callers] + _role(policy),
        time,
        "yes" if policy.retryable else "no",
        _size(policy.max_request_bytes),
        policy_pb2.Cost.Name(policy.cost).lower(),
        "yes" if policy.audited else "no",
    )
    return f"| {' | '.join(cells)} |\n"


def _role(policy: MethodPolicy) -> str:
    if not policy.minimum_role:
        return ""
    return f" ({policy_pb2.Role.Name(policy.minimum_role).lower()})"


def _rest(files: FileDescriptorSet) -> Iterator[tuple[str, str]]:
    for file in files.file:
        for service in file.service:
            for method in service.method:
                rule = method.options.Extensions[annotations_pb2.http]
                yield (
                    f"/{file.package}.{service.name}/{method.name}",
                    ", ".join(
                        f"{verb.upper()} `{getattr(one, verb)}`"
                        for one in (rule, *rule.additional_bindings)
                        if (verb := one.WhichOneof("pattern"))
                    ),
                )


def _time(seconds: float) -> str:
    if seconds >= 3600:
        return f"{seconds / 3600:g} h"
    return f"{seconds:g} s" if seconds <= 60 else f"{seconds / 60:g} min"


def _size(number: int | None) -> str:
    if number is None:
        return "M"
    return f"{number / 2**20:g} MiB" if number >= 2**20 else f"{number / 2**10:g} KiB"


if __name__ == "__main__":
    sys.exit(main())
