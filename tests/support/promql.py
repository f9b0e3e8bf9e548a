"""What a PromQL expression reads."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import promql_parser as promql


@dataclass(frozen=True)
class Read:
    """A metric that is read, and a label of it; without a label if none is named."""

    metric: str
    label: str = ""


def reads(expression: str) -> set[Read]:
    """Metrics and labels that an expression names.

    A label that results are grouped by is one of each metric that they are made of.

    Raises:
        ValueError: It is no PromQL.
    """
    # Grafana's: a duration where one must stand, else a part of a string.
    plain = re.sub(r"\[\$__\w+\]", "[5m]", expression)
    return set(_of(promql.parse(plain)))


def _of(expression: promql.Expr, *grouped: str) -> Iterator[Read]:
    match expression:
        case promql.VectorSelector():
            yield from _selected(expression, grouped)
        case promql.MatrixSelector():
            yield from _selected(expression.vector_selector, grouped)
        case promql.AggregateExpr():
            modifier = expression.modifier
            labels = list(modifier.labels) if modifier else []
            if modifier and modifier.type == promql.AggModifierType.Without:
                labels = []
            yield from _of(expression.expr, *labels)
            # What is above groups by labels that are left here.
            for label in grouped:
                if label not in labels:
                    yield Read("", label)
        case promql.BinaryExpr():
            matching = expression.modifier.matching if expression.modifier else None
            labels = [*grouped, *(matching.labels if matching else ())]
            yield from _of(expression.lhs, *labels)
            yield from _of(expression.rhs, *labels)
        case promql.Call():
            for argument in expression.args:
                yield from _of(argument, *grouped)
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            yield from _of(expression.expr, *grouped)
        case _:
            pass


def _selected(selected: promql.VectorSelector, grouped: tuple[str, ...]) -> Iterator[Read]:
    assert selected.name, f"a selector without a name: {selected}"
    yield Read(selected.name)
    for matcher in selected.matchers.matchers:
        yield Read(selected.name, matcher.name)
    for label in grouped:
        yield Read(selected.name, label)
