"""Prescription options: ranges of dose, fractions and dose per fraction, and their wording."""

from __future__ import annotations

import math
from typing import Any

from rtcheck.errors import ProtocolSyntaxError
from rtcheck.protocol.fields import Place
from rtcheck.protocol.goal import ProtocolPrescription, Range, ScheduleOption, Tier
from rtcheck.protocol.limits import read_quantity
from rtcheck.units import Dimension

_ANY = Range(0.0, math.inf)


def read_range(text: str, dimension: Dimension, at: Place) -> Range:
    """Return the range that `text` states: ``"50 Gy"``, ``"44..66 Gy"``, ``"<= 2.2 Gy"``.

    Raises
    ------
    UnitError
        If an end is not a quantity of the dimension.
    ProtocolSyntaxError
        If the ends stand the wrong way round, or an end is not above 0.

    Examples
    --------
    >>> read_range("44..66 Gy", Dimension.DOSE, Place("x.toml"))
    Range(low=44.0, high=66.0)
    """
    text = text.strip()
    if text.startswith("<="):
        result = Range(0.0, read_quantity(text[2:], dimension, at).inside)
    elif text.startswith(">="):
        result = Range(read_quantity(text[2:], dimension, at).inside, math.inf)
    else:
        first, dots, last = text.partition("..")
        high = read_quantity(last if dots else first, dimension, at)
        # "44..66 Gy": the unit stands once, at the end.
        first = first if not dots or first.strip().endswith(high.unit) else f"{first} {high.unit}"
        result = Range(read_quantity(first, dimension, at).inside, high.inside)
        if result.low <= 0:
            raise ProtocolSyntaxError(repr(text), where=str(at), expected="more than 0")
    if result.low > result.high or result.high <= 0:
        raise ProtocolSyntaxError(repr(text), where=str(at), expected="low..high, above 0")
    return result


def read_options(tables: list[dict[str, Any]], at: Place) -> tuple[ScheduleOption, ...]:
    """Return the options of a prescription; a list of fraction numbers becomes several."""
    options: list[ScheduleOption] = []
    for number, table in enumerate(tables, start=1):
        here = at.into(f"options number {number}")
        if not table.keys() & {"dose", "fractions", "dose_per_fraction"}:
            raise ProtocolSyntaxError(
                "an option that limits nothing",
                where=str(here),
                expected="dose, fractions or dose_per_fraction",
            )
        options += _read_option(table, here)
    return tuple(options)


def _read_option(table: dict[str, Any], at: Place) -> list[ScheduleOption]:
    dose, each = (
        read_range(table[key], Dimension.DOSE, at.into(key)) if key in table else None
        for key in ("dose", "dose_per_fraction")
    )
    made = []
    for fractions in _fraction_ranges(table.get("fractions"), at.into("fractions")):
        words = _words(dose, fractions, each, table.get("for", ""))
        made.append(
            ScheduleOption(
                dose_gy=dose or _ANY,
                fractions=fractions or _ANY,
                dose_per_fraction_gy=each,
                role=table.get("for", ""),
                acceptable=table.get("tier") == "acceptable",
                text=words,
            )
        )
    return made


def _fraction_ranges(value: int | list[int] | str | None, at: Place) -> list[Range | None]:
    if value is None:
        return [None]
    if isinstance(value, str):
        found = read_range(value, Dimension.NUMBER, at)
        if not float(found.low).is_integer() or not (
            found.high == math.inf or float(found.high).is_integer()
        ):
            raise ProtocolSyntaxError(repr(value), where=str(at), expected="whole numbers")
        return [found]
    return [Range(float(n), float(n)) for n in (value if isinstance(value, list) else [value])]


def _numbers(r: Range) -> str:
    if r.low == r.high:
        return f"{r.low:.10g}"
    if r.high == math.inf:
        return f"at least {r.low:.10g}"
    return f"at most {r.high:.10g}" if r.low <= 0 else f"{r.low:.10g}–{r.high:.10g}"


def _words(dose: Range | None, fractions: Range | None, each: Range | None, role: str) -> str:
    parts = [f"{role}:"] if role else []
    if dose:
        parts.append(f"{_numbers(dose)} Gy")
    if fractions:
        noun = "fraction" if fractions.low == fractions.high == 1 else "fractions"
        parts.append(("in " if dose else "") + f"{_numbers(fractions)} {noun}")
    if each:
        joint = "of " if fractions else "in fractions of " if dose else "fractions of "
        parts.append(f"{joint}{_numbers(each)} Gy")
    return " ".join(parts)


def schedule_tier(prescription: ProtocolPrescription, *, acceptable: bool) -> Tier | None:
    """Return the tier that a prescription's options make, in words; None if it has none."""
    texts = [o.text for o in prescription.options if o.acceptable is acceptable]
    return Tier((), " or ".join(texts)) if texts else None
