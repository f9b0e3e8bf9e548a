"""Queries of panels, of what is chosen at the dashboard's head."""

from scripts.monitoring.edge_metrics import EdgeMetric
from scripts.monitoring.panels import CHOSEN, EDGE, Query
from scripts.monitoring.promql import buckets, count, label, metric, selector, total
from services.runtime.declared import Attribute, Instrument, Kind

EVERY = "$__rate_interval"
QUANTILES = (0.5, 0.99)


def each_second(
    declared: Instrument, *by: Attribute, matchers: tuple[str, ...] = (), legend: str = ""
) -> Query:
    """How often it happens in a second, by attributes."""
    name = count if declared.kind is Kind.HISTOGRAM else metric
    return Query(
        f"sum {_by(*by)}(rate({name(declared, CHOSEN, *matchers)}[{EVERY}]))",
        legend or _legend(*by),
    )


def value(
    declared: Instrument, *by: Attribute, how: str = "max", matchers: tuple[str, ...] = ()
) -> Query:
    """The present value of a gauge; of replicas the largest, or the sum."""
    return Query(
        f"{how} {_by(*by)}({metric(declared, CHOSEN, *matchers)})", _legend(*by) or declared.name
    )


def quantiles(
    declared: Instrument, *by: Attribute, matchers: tuple[str, ...] = (), exemplars: bool = False
) -> tuple[Query, ...]:
    """Median and 99th percentile of a histogram, by attributes."""
    of = buckets(declared, CHOSEN, *matchers)
    grouped = ", ".join(("le", *map(label, by)))
    return tuple(
        Query(
            f"histogram_quantile({share:g}, sum by ({grouped}) (rate({of}[{EVERY}])))",
            f"{_legend(*by)} {_percentile(share)}".strip(),
            exemplars,
        )
        for share in QUANTILES
    )


def mean(declared: Instrument, *by: Attribute) -> Query:
    """The mean of a histogram, by attributes."""
    return Query(
        f"sum {_by(*by)}(rate({total(declared, CHOSEN)}[{EVERY}])) "
        f"/ sum {_by(*by)}(rate({count(declared, CHOSEN)}[{EVERY}]))",
        _legend(*by),
    )


def edge_each_second(declared: EdgeMetric, *by: str, matchers: tuple[str, ...] = ()) -> Query:
    """How often the edge counts something in a second."""
    grouped = f"by ({', '.join(by)}) " if by else ""
    of = selector(declared.name, EDGE, *matchers)
    return Query(f"sum {grouped}(rate({of}[{EVERY}]))", " ".join(f"{{{{{one}}}}}" for one in by))


def edge_value(
    declared: EdgeMetric, *by: str, how: str = "sum", matchers: tuple[str, ...] = ()
) -> Query:
    """A present value of the edge."""
    grouped = f"by ({', '.join(by)}) " if by else ""
    return Query(
        f"{how} {grouped}({selector(declared.name, EDGE, *matchers)})",
        " ".join(f"{{{{{one}}}}}" for one in by),
    )


def edge_quantiles(
    declared: EdgeMetric, *by: str, matchers: tuple[str, ...] = ()
) -> tuple[Query, ...]:
    """Median and 99th percentile of what the edge measures."""
    of = selector(f"{declared.name}_bucket", EDGE, *matchers)
    grouped = ", ".join(("le", *by))
    named = " ".join(f"{{{{{one}}}}}" for one in by)
    return tuple(
        Query(
            f"histogram_quantile({share:g}, sum by ({grouped}) (rate({of}[{EVERY}])))",
            f"{named} {_percentile(share)}".strip(),
        )
        for share in QUANTILES
    )


def _percentile(share: float) -> str:
    return f"p{share * 100:g}"


def _by(*attributes: Attribute) -> str:
    return f"by ({', '.join(map(label, attributes))}) " if attributes else ""


def _legend(*attributes: Attribute) -> str:
    return " ".join(f"{{{{{label(one)}}}}}" for one in attributes)
