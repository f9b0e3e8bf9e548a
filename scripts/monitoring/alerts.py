"""Prometheus's rules: shares of bad events, and alerts.

Alerts are few and of what people notice. `page` wakes somebody, `ticket` waits for the morning.
Each has a section of docs/runbooks.md, under its name, and a test by `promtool`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scripts.monitoring import edge_metrics as edge
from scripts.monitoring.objectives import OBJECTIVES, WINDOWS, Objective
from scripts.monitoring.promql import JOBS, equal, label, like, metric, selector
from services.runtime import telemetry_contract as contract

RUNBOOKS = "docs/runbooks.md"
"""Where runbooks are; the chart puts its value `monitoring.runbooks` in its place."""

BACKUP_AGE_H = 26
ARCHIVE_AGE_M = 15
OLDEST_EVENT_S = 3_600
BACKLOG = 1_000
WAITING_TEXTS = 32
LEAST_JUDGED = 20


@dataclass(frozen=True)
class Burn:
    """How fast a month's bad events may be used up."""

    long: str
    """The window that says how bad it is."""

    short: str
    """The window that says that it still goes on."""

    factor: float
    """So many times as fast as would last a month."""


PAGES = (Burn("1h", "5m", 14.4), Burn("6h", "30m", 6))
TICKETS = (Burn("1d", "2h", 3), Burn("3d", "6h", 1))


@dataclass(frozen=True)
class Alert:
    """One alert."""

    name: str
    expr: str
    lasts: str
    """For how long it must be so."""

    severity: str
    summary: str
    """One line; `$labels` and `$value` as in Prometheus's templates."""

    description: str


def recorded(window: str) -> str:
    """Name of the share of bad events over a window."""
    return f"argus:slo_bad:ratio_rate{window}"


def burning(objective: Objective, burns: tuple[Burn, ...]) -> str:
    """PromQL: bad events are too fast, still are, and are more than a few."""
    parts = []
    for burn in burns:
        most = f"{burn.factor:g} * {1 - objective.target:.4g}"
        of = equal("objective", objective.name)
        parts.append(
            f"(\n  {selector(recorded(burn.long), of)} > {most}\n"
            f"  and {selector(recorded(burn.short), of)} > {most}\n"
            f"  and on () ({objective.bad(burn.long)} >= {objective.least_bad})\n)"
        )
    return "\nor\n".join(parts)


def _burn_alerts() -> Iterator[Alert]:
    for objective in OBJECTIVES:
        percent = "{{ $value | humanizePercentage }}"
        if objective.pages:
            yield Alert(
                objective.alert,
                burning(objective, PAGES),
                "2m",
                "page",
                f"{objective.promise}; of late {percent} were not",
                "At this pace a month's allowance is used up within hours or a few days.",
            )
        yield Alert(
            objective.alert,
            burning(objective, TICKETS),
            "15m",
            "ticket",
            f"{objective.promise}; of late {percent} were not",
            "At this pace a month's allowance will not last the month.",
        )


_UNINDEXED = metric(contract.STORAGE_DEPTH, equal(contract.QUEUE, "unindexed"))
_DEAD = metric(contract.STORAGE_DEPTH, equal(contract.QUEUE, "dead_events"))
_DONE = f"sum(increase({metric(contract.INDEXED_IMAGES)}[15m]))"
_QUEUE = f"max({metric(contract.INDEX_QUEUE)})"
_WAITING = (
    f"max by ({label(contract.MODEL)}) "
    f"({metric(contract.QUEUE_DEPTH, equal(contract.PRIORITY, 'interactive'))})"
)
_HEALTHY = selector(edge.HEALTHY.name, like(edge.CLUSTER, edge.SERVICES))


def _judged(kinds: str) -> str:
    return f"sum(increase({metric(contract.FEEDBACK, like(contract.KIND, kinds))}[1d]))"


ALERTS = (
    *_burn_alerts(),
    Alert(
        "ArgusEdgeDown",
        'absent(up{job="argus/argus-edge"} == 1)',
        "2m",
        "page",
        "No edge can be reached: nobody can use Argus",
        "Prometheus collects from no edge, or knows of none.",
    ),
    Alert(
        "ArgusPartDown",
        f"max by ({edge.CLUSTER}) ({_HEALTHY}) == 0",
        "2m",
        "page",
        f"The edge finds no replica of {{{{ $labels.{edge.CLUSTER} }}}} well",
        "Calls to it fail. Its health names what it misses.",
    ),
    Alert(
        "ArgusReplicaDown",
        f"up{{{JOBS}}} == 0",
        "15m",
        "ticket",
        "{{ $labels.instance }} of {{ $labels.job }} gives no metrics",
        "Others may do its work; nobody sees how it is.",
    ),
    Alert(
        "ArgusIndexingStuck",
        f"min_over_time(max({_UNINDEXED})[15m:1m]) > 0\nunless on () {_DONE} > 0",
        "5m",
        "page",
        "{{ $value }} images wait to be searchable, and none became so in 15 minutes",
        "Uploads are kept, and found by nobody until this ends.",
    ),
    Alert(
        "ArgusIndexingLags",
        f"(\n  min_over_time({_QUEUE}[1h:5m]) > {BACKLOG}\n"
        f"  and deriv({_QUEUE}[1h:5m]) > 0\n)\n"
        f"or max({metric(contract.INDEX_OLDEST)}) > {OLDEST_EVENT_S}",
        "15m",
        "ticket",
        "Search does not keep up with uploads: {{ $value }} events, or seconds, behind",
        "The stream has grown for an hour, or its oldest event is an hour old.",
    ),
    Alert(
        "ArgusEventsDead",
        f"max({_DEAD}) > 0",
        "5m",
        "ticket",
        "{{ $value }} events were given up, and nobody has looked at them",
        "What they ask for is not done; the others are.",
    ),
    Alert(
        "ArgusQueriesWait",
        f"min_over_time({_WAITING}[10m:1m]) > {WAITING_TEXTS}",
        "5m",
        "ticket",
        "{{ $value }} queries wait for the model {{ $labels.argus_model }}",
        "Every search waits for them; embedders are too few, or one is stuck.",
    ),
    Alert(
        "ArgusBackupOld",
        f"min({metric(contract.BACKUP_AGE)}) > {BACKUP_AGE_H} * 3600",
        "15m",
        "ticket",
        "The last whole backup is {{ $value | humanizeDuration }} old",
        "What was uploaded since would be lost with the disk.",
    ),
    Alert(
        "ArgusArchiveBehind",
        f"min({metric(contract.ARCHIVE_AGE)}) > {ARCHIVE_AGE_M} * 60",
        "15m",
        "ticket",
        "What changed in the last {{ $value | humanizeDuration }} is not archived",
        "It would be lost with the disk, and no moment of it can be restored.",
    ),
    Alert(
        "ArgusScoresDrift",
        f"max by ({label(contract.REFERENCE_SET)}) ({metric(contract.DRIFT_WARNING)}) == 1",
        "1h",
        "ticket",
        "Scores with reference set {{ $labels.argus_reference_set }} are not as calibrated",
        "The promised false-alarm rate does not hold any more.",
    ),
    Alert(
        "ArgusFalseAlarms",
        f"{_judged('false_alarm')} / {_judged('false_alarm|defect_found')} > 0.5\n"
        f"and on () ({_judged('false_alarm|defect_found')} >= {LEAST_JUDGED})",
        "30m",
        "ticket",
        "{{ $value | humanizePercentage }} of alarms that people judged in a day were false",
        "Inspectors stop believing alarms long before they are all false.",
    ),
)


def rules() -> dict[str, Any]:
    """A file of rules, as Prometheus reads it."""
    return {
        "groups": [
            {
                "name": "argus-objectives",
                "rules": [
                    {
                        "record": recorded(window),
                        "expr": objective.share(window),
                        "labels": {"objective": objective.name},
                    }
                    for objective in OBJECTIVES
                    for window in WINDOWS
                ],
            },
            {"name": "argus-alerts", "rules": [_written(alert) for alert in ALERTS]},
        ]
    }


def _written(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": alert.expr,
        "for": alert.lasts,
        "labels": {"severity": alert.severity},
        "annotations": {
            "summary": alert.summary,
            "description": alert.description,
            "runbook_url": f"{RUNBOOKS}#{alert.name.lower()}",
        },
    }
