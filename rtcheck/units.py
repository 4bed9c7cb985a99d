"""Dose, volume, length, time and percent: parsing, printing and the only conversions.

Inside, rtcheck computes in Gy, cm3, mm, days and percent (0–100). Text enters here and nowhere
else.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum

from rtcheck.errors import UnitError


class Dimension(StrEnum):
    """What kind of quantity a number is."""

    DOSE = "dose"
    VOLUME = "volume"
    LENGTH = "length"
    PERCENT = "percent"
    TIME = "time"
    NUMBER = "number"


# unit -> (dimension, factor to the inside unit: Gy, cm3, mm, %, day, 1)
_UNITS: dict[str, tuple[Dimension, float]] = {
    "Gy": (Dimension.DOSE, 1.0),
    "cGy": (Dimension.DOSE, 0.01),
    "cc": (Dimension.VOLUME, 1.0),
    "cm3": (Dimension.VOLUME, 1.0),
    "ml": (Dimension.VOLUME, 1.0),
    "mL": (Dimension.VOLUME, 1.0),
    "mm3": (Dimension.VOLUME, 0.001),
    "mm": (Dimension.LENGTH, 1.0),
    "cm": (Dimension.LENGTH, 10.0),
    "%": (Dimension.PERCENT, 1.0),
    "d": (Dimension.TIME, 1.0),
    "": (Dimension.NUMBER, 1.0),
}

NUMBER_PATTERN = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
MAX_LENGTH = 100
"""Characters that a number with its unit may have."""

_QUANTITY = re.compile(rf"\s*(?P<number>{NUMBER_PATTERN})\s*(?P<unit>[A-Za-z%]+\d?)?\s*")


@dataclass(frozen=True)
class Quantity:
    """A number with its unit, as written.

    Parameters
    ----------
    value : float
        The number, in `unit`.
    unit : str
        One of Gy, cGy, cc, cm3, ml, mL, mm3, mm, cm, %, d, or empty for a plain number.

    Raises
    ------
    UnitError
        If the unit is unknown or the number is not finite.

    Examples
    --------
    >>> Quantity(2.0, "cm").inside
    20.0
    """

    value: float
    unit: str

    def __post_init__(self) -> None:
        if self.unit not in _UNITS:
            raise UnitError(
                f"unit {self.unit!r}", expected="one of " + ", ".join(filter(None, _UNITS))
            )
        if not math.isfinite(self.value):
            raise UnitError(f"the number {self.value}", expected="a finite number")

    @property
    def dimension(self) -> Dimension:
        """Return what kind of quantity this is."""
        return _UNITS[self.unit][0]

    @property
    def inside(self) -> float:
        """Return the number in rtcheck's inside unit (Gy, cm3, mm, %, days)."""
        return self.value * _UNITS[self.unit][1]

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}".rstrip()


def parse_quantity(text: str, dimension: Dimension | None = None, *, where: str = "") -> Quantity:
    """Return the quantity that `text` states.

    Parameters
    ----------
    text : str
        A number and its unit, such as ``"50 Gy"``, ``"0.03cc"`` or ``"30 %"``.
    dimension : Dimension, optional
        The dimension it must have.
    where : str
        Named in the error.

    Raises
    ------
    UnitError
        If there is no number, no unit where one is needed, or the wrong dimension.

    Examples
    --------
    >>> parse_quantity("700 ml").inside
    700.0
    >>> parse_quantity("5", Dimension.DOSE)
    Traceback (most recent call last):
        ...
    rtcheck.errors.UnitError: RTC-N001: '5'; expected a dose with its unit
    """
    expected = f"a {dimension} with its unit" if dimension else "a number and its unit"
    match = _QUANTITY.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if match is None:
        raise UnitError(
            repr(text if len(text) <= MAX_LENGTH else text[:MAX_LENGTH] + "..."),
            where=where,
            expected=expected,
        )
    try:
        quantity = Quantity(float(match["number"]), match["unit"] or "")
    except UnitError as error:
        raise UnitError(f"{text!r} ({error.found})", where=where, expected=error.expected) from None
    if dimension is not None and quantity.dimension is not dimension:
        raise UnitError(repr(text), where=where, expected=expected)
    return quantity


def dimension_of(unit: str) -> Dimension:
    """Return the dimension of a unit.

    Raises
    ------
    UnitError
        If the unit is unknown.
    """
    return Quantity(0.0, unit).dimension


def from_inside(value: float, unit: str) -> float:
    """Return an inside value (Gy, cm3, mm, %, days) converted to `unit`.

    Examples
    --------
    >>> from_inside(45.0, "cGy")
    4500.0
    """
    return value / Quantity(1.0, unit).inside
