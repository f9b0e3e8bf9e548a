"""The limits in force: one file of the running mesh, from which edge and services take them.

`argus up` makes it of the product's limits and the operator's, and again whenever the operator's
file changes. A file that is wrong changes nothing.
"""

import asyncio
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from mesh.credentials import write_private
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.parts.edge import descriptor_set, limits_template
from mesh.parts.edge_limits import Limits, limits_resource, load_limits, operators_file
from mesh.parts.edge_policy import policies_of

LOOK_EVERY_S = 1.0
_LATER = ("connections", "edge")
"""Tables that Envoy takes when it starts, and not later."""


def establish(layout: Layout) -> Limits:
    """Puts the limits of the files in force, for a mesh that starts.

    Raises:
        MeshError: The operator's file is wrong; says which entry.
    """
    limits = load_limits(limits_template(), layout)
    _publish(layout, limits)
    return limits


def in_force(layout: Layout) -> Limits | None:
    """The limits that a mesh on this folder keeps, or kept when it ran last; None if it never did.

    What has changed of the tables `connections` and `edge` holds from the edge's next start on.
    """
    try:
        return Limits.model_validate(_tables(layout.limits_in_force))
    except (OSError, tomllib.TOMLDecodeError, ValidationError):
        # Of another version, for instance.
        return None


def reload(layout: Layout, named: Path | None = None) -> list[str]:
    """Puts the operator's limits in force in a mesh that runs; no connection ends.

    Args:
        layout: The mesh's.
        named: The operator's file, if it is not the one that this process would choose.

    Returns:
        What has changed, a sentence for each.

    Raises:
        MeshError: The operator's file is wrong; says which entry. The limits before hold.
    """
    fresh, known = load_limits(limits_template(), layout, named), in_force(layout)
    changes = list(_changes(known, fresh)) if known else []
    if changes or known is None:
        _publish(layout, fresh)
    return changes


async def follow(layout: Layout, tell: Callable[[str], None]) -> None:
    """Reloads whenever the operator's file changes, for ever.

    Args:
        layout: The mesh's.
        tell: Hears what has changed, and what is wrong.
    """
    seen = _stamp(layout)
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        if (stamp := _stamp(layout)) == seen:
            continue
        seen = stamp
        try:
            for change in reload(layout):
                tell(f"Limits: {change}.")
        except (MeshError, OSError) as error:
            tell(f"{str(error).rstrip('.')}. The limits before hold.")


def lines(limits: Limits) -> Iterator[str]:
    """The limits as lines of TOML."""
    for table, entries in limits.model_dump().items():
        yield f"[{table}]"
        for name, value in entries.items():
            yield f"{name} = {_toml(value)}"
        yield ""


def _publish(layout: Layout, limits: Limits) -> None:
    policies = policies_of(descriptor_set().read_bytes())
    write_private(layout.limits_in_force, "\n".join(lines(limits)))
    write_private(layout.edge_limits, json.dumps(limits_resource(limits, policies.values())))


def _changes(known: Limits, fresh: Limits) -> Iterator[str]:
    before, after = known.model_dump(), fresh.model_dump()
    for table, entries in after.items():
        for name, value in entries.items():
            if value != before[table][name]:
                when = ", from the next start on" if table in _LATER else ""
                yield f"{table}.{name} is {_toml(value)}{when}"


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {one}" for key, one in value.items()) + "}"
    return str(value)


def _tables(file: Path) -> Mapping[str, object]:
    return tomllib.loads(file.read_text())


def _stamp(layout: Layout) -> tuple[object, ...]:
    """Tells two states of the operator's file apart, that there is none as well."""
    file = operators_file(layout)
    try:
        found = file.stat() if file else None
    except OSError:
        found = None
    return (file, found and (found.st_mtime_ns, found.st_size, found.st_ino))
