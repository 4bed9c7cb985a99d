"""Printing numbers so that the printed digits always agree with the verdict.

A value is judged unrounded. Printed, it gets the usual number of decimals of its unit, and more
where fewer would move it across or onto a limit: 30.0000004 % against ``<= 30 %`` is not "30.0 %".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from rtcheck.errors import UnitError
from rtcheck.units import NUMBER_PATTERN, Quantity, dimension_of, from_inside

RELATIVE_TIE = 1e-9
"""Numbers closer than this share are judged equal, so they are printed as equal."""

DECIMALS = {
    "Gy": 2, "cGy": 0, "%": 1, "cc": 2, "cm3": 2, "ml": 2, "mL": 2, "mm3": 0,
    "mm": 1, "cm": 2, "d": 0, "": 3,
}  # fmt: skip
"""Decimals a physicist expects of each unit."""

_LIMIT = re.compile(rf"(<=|>=|==|<|>)\s*({NUMBER_PATTERN})\s*([A-Za-z%]+\d?)?\s*")


def limits_in(
    texts: Iterable[str | None], unit: str, *, other_metrics: bool = False
) -> tuple[float, ...]:
    """Return the numbers that limit texts hold a value of `unit` against, in `unit`.

    Parameters
    ----------
    texts : iterable of str or None
        Limits as written, such as ``"<= 30 %"``; None is skipped. A clause that names another
        metric does not speak of this value and is skipped.
    unit : str
        Unit of the value.
    other_metrics : bool
        The other way round: only clauses that name another metric.

    Examples
    --------
    >>> limits_in(["> 20 Gy and <= 3000 cGy", "Max[Gy] < 50 Gy", None], "Gy")
    (20.0, 30.0)
    """
    return tuple(limit for _, limit in clauses_in(texts, unit, other_metrics=other_metrics))


def clauses_in(
    texts: Iterable[str | None], unit: str, *, other_metrics: bool = False
) -> tuple[tuple[str, float], ...]:
    """Return comparison and number, in `unit`, of each clause that `limits_in` looks at.

    Examples
    --------
    >>> clauses_in(["> 20 Gy and <= 3000 cGy"], "Gy")
    (('>', 20.0), ('<=', 30.0))
    """
    found = []
    for text in texts:
        for clause in re.split(r"\s+and\s+|\s*,\s*", text.strip()) if text else ():
            own = clause.lstrip("\t ")[:1] in "<>="
            match = _LIMIT.fullmatch(re.sub(r"^[^<>=]*", "", clause))
            if match is None or own is other_metrics:
                continue
            try:
                quantity = Quantity(float(match[2]), match[3] or "")
                if quantity.dimension is dimension_of(unit):
                    found.append((match[1], from_inside(quantity.inside, unit)))
            except UnitError:
                continue
    return tuple(found)


def _side(value: float, limit: float) -> int:
    if abs(value - limit) <= RELATIVE_TIE * abs(limit):
        return 0
    return 1 if value > limit else -1


def number_text(value: float, unit: str = "", limits: Sequence[float] = ()) -> str:
    """Return `value` as text, without its unit, on the same side of every limit.

    Parameters
    ----------
    value : float
        The number, in `unit`.
    unit : str
        Decides the usual number of decimals.
    limits : sequence of float
        Numbers the value is held against, in `unit`.

    Examples
    --------
    >>> number_text(29.31, "%", [30]), number_text(30.0000004, "%", [30])
    ('29.3', '30.0000004')
    >>> number_text(3, ""), number_text(0.98765, "")
    ('3', '0.988')
    """
    if not math.isfinite(value):
        return "not a finite number"
    decimals = DECIMALS.get(unit, 2)
    if unit == "" and value == int(value):
        decimals = 0
    for digits in range(decimals, 13):
        if abs(value) >= 1e15:
            break
        text = f"{value:.{digits}f}"
        if all(_side(float(text), limit) == _side(value, limit) for limit in limits):
            return text[1:] if text.startswith("-") and float(text) == 0 else text
    return repr(float(value))


def value_text(value: float, unit: str, limits: Sequence[float] = ()) -> str:
    """Return `value` with its unit.

    Examples
    --------
    >>> value_text(61.2, "Gy")
    '61.20 Gy'
    """
    return f"{number_text(value, unit, limits)} {unit}".rstrip()


def worded_text(text: str, value: float, unit: str) -> str:
    """Return a metric's own wording of its value, and the value beside it where that rounds it.

    Examples
    --------
    >>> worded_text("50 Gy in 5 × 10 Gy", 50.0, "Gy")
    '50 Gy in 5 × 10 Gy'
    >>> worded_text("50 Gy in 5 × 10 Gy", 49.999998, "Gy")
    '50 Gy in 5 × 10 Gy (49.999998 Gy)'
    """
    number = re.match(NUMBER_PATTERN, text)
    if number is None or _side(float(number[0]), value) == 0:
        return text
    return f"{text} ({value!r} {unit})"


def interval_text(
    value: float | None,
    low: float | None,
    high: float | None,
    unit: str,
    limits: Sequence[float] = (),
) -> str:
    """Return ``[low–high]``, or nothing when the interval prints like the value itself.

    Examples
    --------
    >>> interval_text(20.0, 19.8, 20.3, "Gy")
    '[19.80–20.30]'
    >>> interval_text(20.0, 20.0, 20.001, "Gy")
    ''
    """
    if low is None or high is None:
        return ""
    ends = number_text(low, unit, limits), number_text(high, unit, limits)
    if value is not None and {number_text(value, unit, limits)} == set(ends):
        return ""
    return f"[{ends[0]}–{ends[1]}]"


def margin_text(margin: float, value: float | None, unit: str) -> str:
    """Return a margin with its sign and unit; a margin that is not zero never prints as zero.

    Examples
    --------
    >>> margin_text(4.7, 25.3, "%"), margin_text(-4e-7, 30.0000004, "%")
    ('+4.7 %', '-0.0000004 %')
    """
    if value is not None and abs(margin) <= RELATIVE_TIE * abs(value):
        margin = 0.0
    text = value_text(margin, unit, [0.0])
    return f"+{text}" if margin > 0 else text
