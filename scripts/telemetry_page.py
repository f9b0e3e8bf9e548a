"""The page of the documentation that lists spans, metrics and attributes.

python -m scripts.telemetry_page write   writes docs/telemetry.md from the services' declaration
python -m scripts.telemetry_page check   fails if the page is not what would be written
"""

import sys
from itertools import groupby
from pathlib import Path

from services.runtime import telemetry_contract as contract
from services.runtime.declared import Attribute, Instrument, Kind, Span

PAGE = Path(__file__).resolve().parent.parent / "docs" / "telemetry.md"

HEAD = """# What Argus tells of itself

`make format` writes this page from `services/runtime/telemetry_contract.py`, of which services make
all their instruments and spans ([decision 32](decisions/0032-telemetry.md)). Names are
OpenTelemetry's, where its conventions have one (1.39); all others begin with `argus.`. A name that
changes is in the changelog.

- **Sent**: `ARGUS_OTLP_URL=http://collector:4317` has each process and the edge send spans, and the
  processes metrics, over OTLP/gRPC.
- **Collected**: `argus up --metrics` gives each service a port on loopback, which `argus doctor`
  names, with `GET /metrics` for Prometheus; elsewhere `ARGUS_METRICS_LISTEN=0.0.0.0:9464`. The
  edge's own are at `/stats/prometheus` of its statistics port.
- **Logs**: each line of a service is JSON on standard error, with `trace_id`, `span_id`,
  `request_id` and `method` of the call that it belongs to. The edge's lines have `trace_id`, too.
- **Traces** begin in a client that sends `traceparent`, as the page does, whose report of a fault
  names the trace; or at the edge (`argus-edge`), which
  decides what is recorded. What search does about an image is a trace of its own, linked to the
  call that caused it.
"""

GROUPS = {
    "rpc": "Calls",
    "argus.audit": "The audit's way to auth",
    "argus.clients": "Calls to other services",
    "argus.auth": "Auth",
    "argus.storage": "Storage",
    "argus.backup": "Backup (storage)",
    "argus.embedder": "Embedder",
    "argus.search": "Search",
    "argus.inspection": "Inspection",
}
"""Beginnings of metrics' names, and the headings that they stand under."""


def telemetry_page() -> str:
    """The page."""
    text = HEAD
    text += "\n## Of every process\n\n| attribute | meaning |\n|---|---|\n"
    text += "".join(_attribute(found) for found in contract.RESOURCE)
    text += (
        "\n## Metrics\n\n"
        "Over OTLP by the first name, at the pull endpoint by the second; a histogram has "
        "`_bucket`, `_sum` and `_count` there. Units are UCUM's: `s`, `By` (bytes), `1` (a share), "
        "or in braces what is counted. Attributes' dots are underscores there.\n"
    )
    for group, metrics in groupby(contract.INSTRUMENTS, key=_group):
        text += (
            f"\n### {GROUPS[group]}\n\n"
            "| metric | at the pull endpoint | kind | unit | attributes | meaning |\n"
            "|---|---|---|---|---|---|\n"
        )
        text += "".join(_metric(metric) for metric in metrics)
    text += (
        "\n## Spans\n\nWhat stands in braces is the attribute's value.\n\n"
        "| span | kind | attributes | meaning |\n|---|---|---|---|\n"
    )
    text += "".join(_span(span) for span in contract.SPANS)
    text += "\n## Attributes\n\n| attribute | meaning |\n|---|---|\n"
    text += "".join(
        _attribute(found) for found in contract.ATTRIBUTES if found not in contract.RESOURCE
    )
    return text


def main() -> int:
    """Writes or checks the page; the process's exit code."""
    if sys.argv[1:] == ["write"]:
        PAGE.write_text(telemetry_page(), encoding="utf-8")
        return 0
    if sys.argv[1:] != ["check"]:
        print(__doc__, file=sys.stderr)
        return 2
    if PAGE.read_text(encoding="utf-8") != telemetry_page():
        print(
            "docs/telemetry.md is not what is declared: python -m scripts.telemetry_page write",
            file=sys.stderr,
        )
        return 1
    return 0


def _group(metric: Instrument) -> str:
    return next(group for group in GROUPS if metric.name.startswith(f"{group}."))


def _metric(metric: Instrument) -> str:
    kind = metric.kind.value
    if metric.kind is Kind.HISTOGRAM:
        kind += ": " + ", ".join(f"{bound:g}" for bound in metric.buckets)
    return _row(
        f"`{metric.name}`",
        f"`{metric.prometheus_name}`",
        kind,
        f"`{metric.unit}`",
        _names(metric.attributes),
        metric.meaning,
    )


def _span(span: Span) -> str:
    return _row(f"`{span.name}`", span.kind.name.lower(), _names(span.attributes), span.meaning)


def _attribute(attribute: Attribute) -> str:
    return _row(f"`{attribute}`", attribute.meaning)


def _names(attributes: tuple[Attribute, ...]) -> str:
    return ", ".join(f"`{attribute}`" for attribute in attributes)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    sys.exit(main())
