"""Limit text to tiers: ``">= 30 Gy and <= 54 Gy"``, ``"D98%[%] >= 95 %"``."""

from __future__ import annotations

import re

from rtcheck.errors import MetricError, ProtocolSyntaxError, UnitError
from rtcheck.metrics import Metric, parse_metric
from rtcheck.protocol.fields import Place, wrong
from rtcheck.protocol.goal import Clause, Comparison, Limit, Tier
from rtcheck.units import MAX_LENGTH, Dimension, Quantity, dimension_of, parse_quantity

_CLAUSE = re.compile(r"(?P<metric>[^<>=≤≥]*)(?P<sign>[<>=≤≥]+)(?P<quantity>.*)")
_AND = re.compile(r"(?<=\s)and(?=\s)")
_INSTEAD = {"≤": "<=", "≥": ">=", "=<": "<=", "=>": ">=", "=": "=="}


def read_metric(text: str, at: Place) -> Metric:
    """Return the metric that `text` names; errors say where it stands.

    Raises
    ------
    MetricError
        If the text is not of the notation.
    """
    try:
        return parse_metric(text)
    except MetricError as error:
        raise MetricError(
            error.found, where=str(at), expected=error.expected, hint=error.hint
        ) from None


def read_quantity(text: str, dimension: Dimension, at: Place) -> Quantity:
    """Return the quantity that `text` states, which must have the dimension.

    Raises
    ------
    UnitError
        If it does not.
    """
    return parse_quantity(text, dimension, where=str(at))


def read_tier(text: str, metric: Metric, at: Place) -> Tier:
    """Return what a goal on `metric` asks at one tier.

    Parameters
    ----------
    text : str
        Clauses ``[metric] comparison number unit`` joined by ``and``. A clause without a metric
        of its own is a limit on the goal's.
    metric : Metric
        The goal's metric.
    at : Place
        Where the text stands.

    Raises
    ------
    ProtocolSyntaxError
        If a clause is no comparison.
    UnitError
        If a limit has not the dimension of its metric.
    MetricError
        If a clause's metric is not of the notation.

    Examples
    --------
    >>> read_tier("<= 30 %", parse_metric("V20Gy[%]"), Place("x.toml")).clauses[0].limit
    Limit(comparison=<Comparison.AT_MOST: '<='>, inside=30.0, text='<= 30 %')
    """
    return Tier(
        tuple(_read_clause(part, metric, at) for part in _AND.split(text.strip())), text.strip()
    )


def _read_clause(text: str, metric: Metric, at: Place) -> Clause:
    match = _CLAUSE.fullmatch(text.strip())
    if match is None:
        meant = text.strip()[:1].isdigit() and len(text) <= MAX_LENGTH
        raise wrong(
            text,
            at,
            "a comparison, a number and its unit",
            f"Write for example '<= {text.strip()}'" if meant else "",
        )
    sign = match["sign"]
    if sign not in set(Comparison):
        better = _INSTEAD.get(sign)
        raise ProtocolSyntaxError(
            f"the sign {sign!r} in {text!r}",
            where=str(at),
            expected="one of " + " ".join(Comparison),
            hint=f"Write {better}" if better else "",
        )
    own = read_metric(match["metric"].strip(), at) if match["metric"].strip() else None
    return Clause(_read_limit(Comparison(sign), match["quantity"].strip(), own or metric, at), own)


def _read_limit(comparison: Comparison, text: str, metric: Metric, at: Place) -> Limit:
    dimension = dimension_of(metric.unit)
    try:
        quantity = read_quantity(text, dimension, at)
    except UnitError as error:
        raise UnitError(
            error.found, where=str(at), expected=_limit_words(dimension, metric)
        ) from None
    return Limit(comparison, quantity.inside, f"{comparison} {text}")


def _limit_words(dimension: Dimension, metric: Metric) -> str:
    if dimension is Dimension.NUMBER:
        return f"a plain number: {metric.text} has no unit"
    return f"a number and a unit of {dimension}: {metric.text} is in {metric.unit}"
