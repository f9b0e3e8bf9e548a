"""What Argus promises, as shares of good events: service level objectives.

Each is a share of what happened, over a month. Alerts fire when so much of what may go wrong in a
month goes wrong so fast that somebody should look (multi-window, multi-burn-rate; The Site
Reliability Workbook, chapter 5).
"""

from dataclasses import dataclass

from scripts.monitoring import edge_metrics as edge
from scripts.monitoring.promql import at_most, buckets, count, equal, like, selector
from services.runtime import telemetry_contract as contract

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
"""What shares are recorded over."""

FAULTS = "2|4|13|14|15"
"""Statuses that are nobody's fault but ours: UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE,
DATA_LOSS."""

SEARCH_MS = 1_000
INSPECT_MS = 5_000
INDEXED_S = 900


@dataclass(frozen=True)
class Objective:
    """One promise."""

    name: str
    """In the label `objective`."""

    alert: str
    """Name of its alerts."""

    promise: str
    """In words."""

    target: float
    """The share that is to be good."""

    all_events: str
    """PromQL: how many there were, over the window `[w]`, with `rate`."""

    bad_events: str
    """PromQL: how many of them were bad, over the window `[w]`, with `rate`."""

    pages: bool
    """Whether somebody is woken."""

    least_bad: int = 10
    """Fewer bad events in the longer window of an alert are no reason to look."""

    def share(self, window: str) -> str:
        """PromQL: the share of bad events over a window."""
        return f"{over(self.bad_events, window)} / {over(self.all_events, window)}"

    def bad(self, window: str) -> str:
        """PromQL: how many bad events there were in a window."""
        return over(self.bad_events, window).replace("rate(", "increase(")


def over(expression: str, window: str) -> str:
    """An expression over a window."""
    return expression.replace("[w]", f"[{window}]")


def _of_services(name: str, *matchers: str) -> str:
    return selector(name, like(edge.CLUSTER, edge.SERVICES), *matchers)


def _slow(method: str, bound_ms: int) -> tuple[str, str]:
    """All calls of a method, and those that took longer."""
    of = equal(edge.METHOD, method)
    every = f"sum(rate({selector(f'{edge.CALL_TIME.name}_count', of)}[w]))"
    good = selector(f"{edge.CALL_TIME.name}_bucket", of, at_most(bound_ms))
    return every, f"({every} - sum(rate({good}[w])))"


_FIFTH = equal(edge.CODE_CLASS, "5")
_UNANSWERED = _of_services(edge.ANSWERS.name, _FIFTH)
_BYTES = equal(edge.CLUSTER, edge.OBJECTS)
_CALLS = (
    f"sum(rate({_of_services(edge.CALLS.name)}[w]) or rate({_UNANSWERED}[w]) "
    f"or rate({selector(edge.ANSWERS.name, _BYTES)}[w]))"
)
_FAILED = (
    f"sum(rate({_of_services(edge.CALLS.name, like(edge.STATUS, FAULTS))}[w]) "
    f"or rate({_UNANSWERED}[w]) or rate({selector(edge.ANSWERS.name, _BYTES, _FIFTH)}[w]))"
)
_SEARCHES, _SLOW_SEARCHES = _slow("SearchImages", SEARCH_MS)
_INSPECTIONS, _SLOW_INSPECTIONS = _slow("Inspect", INSPECT_MS)

DONE = "indexed|reused|deleted"
"""Outcomes of events that search did what was to be done about."""

_EVENTS = f"sum(rate({count(contract.INDEX_DELAY)}[w]))"
_IN_TIME = buckets(contract.INDEX_DELAY, at_most(INDEXED_S), like(contract.OUTCOME, DONE))

OBJECTIVES = (
    Objective(
        "calls",
        "ArgusCallsFail",
        "99.9 % of calls at the edge are answered without a fault of Argus",
        0.999,
        _CALLS,
        _FAILED,
        pages=True,
    ),
    Objective(
        "search_latency",
        "ArgusSearchSlow",
        f"99 % of searches are answered within {SEARCH_MS / 1000:g} s",
        0.99,
        _SEARCHES,
        _SLOW_SEARCHES,
        pages=True,
    ),
    Objective(
        "inspection_latency",
        "ArgusInspectionSlow",
        f"99 % of single inspections are answered within {INSPECT_MS / 1000:g} s",
        0.99,
        _INSPECTIONS,
        _SLOW_INSPECTIONS,
        pages=True,
    ),
    Objective(
        "index_freshness",
        "ArgusIndexStale",
        f"99 % of images are searchable within {INDEXED_S // 60} minutes of their upload",
        0.99,
        _EVENTS,
        f"({_EVENTS} - sum(rate({_IN_TIME}[w])))",
        # A large import is no outage.
        pages=False,
    ),
)
