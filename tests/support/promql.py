"""What a PromQL expression asks for, by a parser that others wrote."""

from __future__ import annotations

import re
from typing import NamedTuple

import promql_parser
from promql_parser import AggregateExpr, Expr, VectorSelector

_VARIABLES = {"$__rate_interval": "5m", "$__range": "3h"}


class Selector(NamedTuple):
    name: str
    labels: frozenset[str]
    """That it matches by."""


class Asked(NamedTuple):
    selectors: tuple[Selector, ...]
    grouped_by: frozenset[str]


def asked(expression: str) -> Asked:
    """Raises ValueError: it is no PromQL. Grafana's variables for times are times."""
    expression = with_times(expression)
    selectors: list[Selector] = []
    grouped: set[str] = set()

    def visit(node: Expr) -> bool:
        if isinstance(node, VectorSelector):
            selectors.append(Selector(str(node.name), frozenset(one.name for one in node.matchers.matchers)))
        if isinstance(node, AggregateExpr) and node.modifier is not None:
            grouped.update(node.modifier.labels)
        return True

    promql_parser.walk(promql_parser.parse(expression), visit)
    return Asked(tuple(selectors), frozenset(grouped))


def with_times(expression: str) -> str:
    """As Grafana would send it: its variables for times are times."""
    for variable, value in _VARIABLES.items():
        expression = expression.replace(variable, value)
    return expression


def fixed_windows(expression: str) -> list[str]:
    """Ranges that do not follow the time that a dashboard shows."""
    return [window for window in re.findall(r"\[([^\]]+)\]", expression) if not window.startswith("$__")]
