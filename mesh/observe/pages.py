"""The pages for people: traces, one trace, metrics, logs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from mesh.observe.drawing import COLOURS, drawn
from mesh.observe.frame import choice, described, filters, page, text_field
from mesh.observe.logs import LEVELS, LogFilter
from mesh.observe.markup import Markup, join, tag
from mesh.observe.metrics import Chart
from mesh.observe.traces import TraceFilter
from mesh.observe.words import duration, moment

_WIDTH = 1000
_DEEPEST = 15
_TICKS = 4
_BRIEF = 160


def traces_page(
    traces: Sequence[Mapping[str, Any]], wanted: TraceFilter, services: Sequence[str], lost: int
) -> bytes:
    """The newest traces, and what may be asked for."""
    longest = max((trace["duration_ns"] for trace in traces), default=1) or 1
    form = filters(
        text_field("text", "Text", wanted.text, placeholder="name, attribute, image id"),
        choice("service", "Service", wanted.service, services, "any"),
        text_field("method", "Method or path", wanted.method),
        choice("status", "Status", wanted.status, ("ok", "failed"), "any"),
        *(
            text_field(name, label, _number(value), kind="number", min="0", step="any")
            for name, label, value in (
                ("least_ms", "From ms", wanted.least_ms),
                ("most_ms", "To ms", wanted.most_ms),
            )
        ),
        text_field("request_id", "Request id", wanted.request_id),
        tag(
            "label",
            tag("input", type="checkbox", name="all", value="1", checked=wanted.all),
            " Polling, too",
            class_="check",
        ),
        path="/",
    )
    rows = (
        tag(
            "tr",
            tag("td", moment(trace["start_ns"])),
            tag(
                "td",
                tag("a", trace["name"], href=f"/traces/{trace['trace_id']}", class_="row request"),
                _failed(trace["failures"]),
            ),
            tag("td", ", ".join(_short(name) for name in trace["services"])),
            tag("td", duration(trace["duration_ns"]), class_="number"),
            tag("td", _bar(0, trace["duration_ns"] / longest, "c0")),
            tag("td", str(trace["spans"]), class_="number"),
            tag("td", str(trace["links"]) if trace["links"] else "", class_="number"),
        )
        for trace in traces
    )
    return page(
        "Traces",
        "/",
        tag("h1", "Traces"),
        form,
        _lost(lost),
        _table(("Began", "Request", "Services", "Took", "", "Spans", "Links"), *rows)
        if traces
        else tag("p", "There is no such trace.", class_="empty"),
        _older("/", asdict(wanted), traces[-1]["start_ns"])
        if len(traces) == wanted.limit
        else None,
    )


def trace_page(trace: Mapping[str, Any]) -> bytes:
    """The waterfall of one trace, the traces that it is linked with, and its logs."""
    colours = {name: f"c{place % COLOURS}" for place, name in enumerate(trace["services"])}
    facts: dict[str, object] = {
        "Began": moment(trace["start_ns"]),
        "Took": duration(trace["duration_ns"]),
        "Spans": len(trace["spans"]),
        "Failed": trace["failures"],
        "Trace id": tag("code", trace["trace_id"]),
    }
    if trace["request_id"]:
        facts["Request id"] = tag("code", trace["request_id"])
    whole = max(1, trace["duration_ns"])
    linked = {link["span_id"] for link in (*trace["caused_by"], *trace["led_to"])}
    return page(
        trace["name"],
        "",
        tag("h1", trace["name"]),
        described(facts),
        _links("Caused by", trace["caused_by"]),
        _links("Led to", trace["led_to"]),
        tag(
            "ul",
            *(tag("li", tag("i", class_=colour), _short(name)) for name, colour in colours.items()),
            class_="legend",
        ),
        tag(
            "section",
            tag(
                "div",
                tag("span", "Span"),
                tag(
                    "span",
                    *(tag("span", duration(whole * tick / _TICKS)) for tick in range(_TICKS + 1)),
                    class_="ticks",
                ),
                tag("span", ""),
                class_="ruler",
                aria_hidden="true",
            ),
            *(
                _span(span, trace["start_ns"], whole, colours, linked=span["span_id"] in linked)
                for span in trace["spans"]
            ),
            class_="waterfall",
            aria_label="Spans",
        ),
        tag("h2", "Logs"),
        _log_table(list(reversed(trace["logs"])))
        if trace["logs"]
        else tag("p", "Nobody logged anything within it.", class_="empty"),
    )


def metrics_page(charts: Sequence[Chart], service: str, services: Sequence[str]) -> bytes:
    """Every metric: what it means, and the last hour of it."""
    told = [chart for chart in charts if chart.lines]
    silent = [chart for chart in charts if not chart.lines]
    return page(
        "Metrics",
        "/metrics",
        tag("h1", "Metrics"),
        filters(choice("service", "Service", service, services, "all"), path="/metrics"),
        tag("h2", "The last hour"),
        tag("div", *(_metric(chart, drawn(chart)) for chart in told), class_="metrics")
        if told
        else tag("p", "Nothing was measured yet.", class_="empty"),
        tag("h2", "Declared, and not measured in the last hour") if silent else None,
        tag("div", *(_metric(chart, None) for chart in silent), class_="metrics"),
    )


def logs_page(
    lines: Sequence[Mapping[str, Any]], wanted: LogFilter, parts: Sequence[str], lost: int
) -> bytes:
    """The newest lines, and what may be asked for."""
    form = filters(
        text_field("text", "Text", wanted.text),
        choice("service", "Part", wanted.service, parts, "any"),
        choice("level", "From level", wanted.level, LEVELS, "any"),
        text_field("trace_id", "Trace id", wanted.trace_id),
        text_field("request_id", "Request id", wanted.request_id),
        path="/logs",
    )
    return page(
        "Logs",
        "/logs",
        tag("h1", "Logs"),
        form,
        _lost(lost),
        _log_table(lines) if lines else tag("p", "There is no such line.", class_="empty"),
        _older("/logs", asdict(wanted), lines[-1]["time_ns"])
        if len(lines) == wanted.limit
        else None,
    )


def message_page(title: str, *said: str) -> bytes:
    """A page that says something."""
    return page(title, "", tag("h1", title), *(tag("p", one) for one in said))


def _span(
    span: Mapping[str, Any], start_ns: int, whole: int, colours: Mapping[str, str], *, linked: bool
) -> Markup:
    facts: dict[str, object] = {
        "Service": span["service"],
        "Instance": span["instance"],
        "Kind": span["kind"],
        "After": duration(span["start_ns"] - start_ns),
        **({"Message": span["message"]} if span["message"] else {}),
        **span["attributes"],
        "Span id": tag("code", span["span_id"]),
    }
    events = (
        tag(
            "li",
            f"+{duration(event['time_ns'] - span['start_ns'])} {event['name']} ",
            ", ".join(f"{name}={value}" for name, value in event["attributes"].items()),
        )
        for event in span["events"]
    )
    return tag(
        "details",
        tag(
            "summary",
            tag(
                "span",
                tag("i", class_=colours[span["service"]]),
                tag("span", _short(span["service"]), class_="of"),
                f" {span['name']}",
                _failed(1 if span["failed"] else 0),
                tag("span", "linked", class_="mark") if linked else None,
                class_=f"name d{min(span['depth'], _DEEPEST)}",
                title=span["name"],
            ),
            _bar(
                (span["start_ns"] - start_ns) / whole,
                span["duration_ns"] / whole,
                colours[span["service"]],
            ),
            tag("span", duration(span["duration_ns"]), class_="number"),
        ),
        described(facts),
        tag("ul", *events) if span["events"] else None,
        id=f"span-{span['span_id']}",
        class_="failed" if span["failed"] else "",
    )


def _links(title: str, links: Sequence[Mapping[str, Any]]) -> Markup | None:
    if not links:
        return None
    return tag(
        "section",
        tag("h2", title),
        tag(
            "ul",
            *(
                tag(
                    "li",
                    tag(
                        "a",
                        link["name"] or f"trace {link['trace_id']}",
                        href=f"/traces/{link['trace_id']}#span-{link['linked_span_id']}",
                        class_="row",
                    )
                    if link["name"]
                    else f"trace {link['trace_id']}, which is not kept",
                )
                for link in links
            ),
        ),
        class_="links",
    )


def _log_table(lines: Sequence[Mapping[str, Any]]) -> Markup:
    rows = (
        tag(
            "tr",
            tag("td", moment(line["time_ns"])),
            tag("td", line["level"], class_=f"level {line['level'].lower()}"),
            tag("td", _short(line["service"])),
            tag(
                "td",
                tag("span", line["message"], class_="said"),
                _rest(line["rest"]) if line["rest"] else None,
            ),
            tag(
                "td",
                tag(
                    "a",
                    line["trace_id"][:8],
                    href=f"/traces/{line['trace_id']}",
                    class_="row",
                    title=line["trace_id"],
                )
                if line["trace_id"]
                else None,
            ),
        )
        for line in lines
    )
    return _table(("At", "Level", "Part", "Said", "Trace"), *rows)


def _rest(rest: Mapping[str, Any]) -> Markup:
    stack = rest.get("stack")
    others = {name: value for name, value in rest.items() if name != "stack" and value is not None}
    return tag(
        "details",
        tag("summary", _brief(others) or "more"),
        described(others),
        tag("pre", str(stack)) if stack else None,
    )


def _brief(facts: Mapping[str, Any]) -> str:
    """What was told, in one line."""
    said = ", ".join(f"{name} {value}" for name, value in facts.items() if name != "logger")
    return said if len(said) <= _BRIEF else f"{said[:_BRIEF]}…"


def _metric(chart: Chart, figure: Markup | None) -> Markup:
    return tag(
        "article",
        tag("h3", tag("code", chart.name)),
        tag("p", chart.meaning or "Nobody declares it."),
        tag("p", f"{chart.kind}, {chart.unit or '1'}", class_="quiet"),
        figure,
        id=chart.name,
    )


def _table(titles: Sequence[str], *rows: Markup) -> Markup:
    head = tag("tr", *(tag("th", title, scope="col") if title else tag("td") for title in titles))
    return tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), class_="wide")


def _bar(start: float, length: float, colour: str) -> Markup:
    """A bar from 0 to 1, which can be seen however short it is."""
    width = max(3.0, length * _WIDTH)
    return tag(
        "svg",
        tag(
            "rect",
            x=f"{min(start * _WIDTH, _WIDTH - width):.1f}",
            y=0,
            width=f"{width:.1f}",
            height=10,
            class_=colour,
        ),
        viewBox=f"0 0 {_WIDTH} 10",
        preserveAspectRatio="none",
        class_="bar",
        aria_hidden="true",
    )


def _older(path: str, wanted: Mapping[str, Any], before_ns: int) -> Markup:
    asked = {name: value for name, value in wanted.items() if value and name != "limit"}
    if "all" in asked:
        asked["all"] = 1
    return tag(
        "p", tag("a", "Older", href=f"{path}?{urlencode({**asked, 'before_ns': before_ns})}")
    )


def _failed(failures: int) -> Markup | None:
    if not failures:
        return None
    said = "failed" if failures == 1 else f"{failures} failed"
    return join(" ", tag("span", said, class_="bad"))


def _lost(lost: int) -> Markup | None:
    if not lost:
        return None
    return tag("p", f"{lost} rows are not here: they came faster than the disk took them.",
               class_="bad")  # fmt: skip


def _short(service: str) -> str:
    return service.removeprefix("argus-")


def _number(value: float) -> str:
    return f"{value:g}" if value else ""
