"""An estimate as tables and as JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from mesh.capacity.coefficients import coefficients
from mesh.capacity.estimate import Estimate, Resource
from mesh.capacity.prices import ASSUMPTION, Prices
from mesh.capacity.quantity import amount_text, bytes_text, count_text

TITLES = {
    Resource.OBJECTS: "object store",
    Resource.DISK: "fast disk",
    Resource.MEMORY: "memory",
    Resource.CORES: "cores",
}

NEVER_RUN = (
    "A Qdrant server never ran here: its part follows its maker's rule, without quantization, and "
    "for the rest what Qdrant's engine took in one process."
)


def amount(resource: Resource, value: float) -> str:
    """An amount in its unit."""
    return amount_text(value) if resource is Resource.CORES else bytes_text(value)


def rows(found: Estimate) -> Iterator[tuple[str, str, str, str]]:
    """Resource, what it is for, in all, for each million images; a total behind each resource."""
    for resource in Resource:
        lines = [line for line in found.lines if line.resource is resource]
        for line in lines:
            yield (
                TITLES[resource],
                line.what,
                amount(resource, line.amount),
                amount(resource, found.per_million(line.amount)),
            )
        total = found.total(resource)
        yield (
            TITLES[resource],
            "together",
            amount(resource, total),
            amount(resource, found.per_million(total)),
        )


def cost_rows(found: Estimate) -> Iterator[tuple[str, str, str, str]]:
    """Resource, what is bought, a month in all, for each million images."""
    for cost in found.costs:
        yield (
            TITLES[cost.resource],
            amount(cost.resource, cost.amount),
            money_text(cost.money),
            money_text(found.per_million(cost.money)),
        )
    yield "together", "", money_text(found.money), money_text(found.per_million(found.money))


def money_text(value: float) -> str:
    """Money of no currency: whoever sets the prices knows which."""
    return f"{value:,.0f}" if value >= 10 else f"{value:,.2f}"


def notes(found: Estimate, prices: Prices) -> list[str]:
    """What to know before believing it."""
    known = coefficients()
    images = found.workload.images
    told = []
    measured_to = known["graph_search_vectors"].value
    if images > measured_to:
        told.append(
            f"Vectors were measured up to {count_text(measured_to)}; what is said of "
            f"{count_text(images)} images is extrapolated in proportion, a search's time in the "
            "graph as a logarithm."
        )
    told.append(NEVER_RUN)
    if prices == Prices():
        told.append(ASSUMPTION)
    return told


def as_json(found: Estimate, prices: Prices) -> dict[str, Any]:
    """All of it: bytes, cores, and money a month."""
    return {
        "workload": asdict(found.workload),
        "needs": [
            {
                "resource": line.resource.value,
                "unit": "cores" if line.resource is Resource.CORES else "bytes",
                "what": line.what,
                "amount": line.amount,
                "per_million_images": found.per_million(line.amount),
            }
            for line in found.lines
        ],
        "totals": {resource.value: found.total(resource) for resource in Resource},
        "prices": asdict(prices),
        "prices_are_assumed": prices == Prices(),
        "costs": {cost.resource.value: cost.money for cost in found.costs},
        "money_per_month": found.money,
        "money_per_month_per_million_images": found.per_million(found.money),
        "coefficients": {
            one.name: {
                "value": one.value,
                "unit": one.unit,
                "kind": one.kind.value,
                "source": one.source,
            }
            for one in coefficients().values()
        },
        "notes": notes(found, prices),
    }
