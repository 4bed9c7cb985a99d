"""On which days fractions are given: as a plan states it, and as a person does."""

from __future__ import annotations

from dataclasses import dataclass

from rtcheck.errors import UnitError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class FractionPattern:
    """On which days fractions are given: the plan's own words.

    Parameters
    ----------
    fraction_pattern : str
        FractionPattern (300A,007B), digits 0 and 1, starting on a Monday.
    number_of_fraction_pattern_digits_per_day : int
        (300A,0079).
    repeat_fraction_cycle_length : int
        (300A,007A) in weeks.
    """

    fraction_pattern: str
    number_of_fraction_pattern_digits_per_day: int
    repeat_fraction_cycle_length: int

    def fractions_per_week(self) -> float:
        """Return the mean number of fractions in a week.

        Examples
        --------
        >>> FractionPattern("1111100", 1, 1).fractions_per_week()
        5.0
        """
        return self.fraction_pattern.count("1") / self.repeat_fraction_cycle_length

    def duration_days(self, number_of_fractions: int) -> int:
        """Return the calendar days from the first to the last fraction, both counted.

        Examples
        --------
        >>> FractionPattern("1111100", 1, 1).duration_days(10)
        12
        """
        slots = [i for i, digit in enumerate(self.fraction_pattern) if digit == "1"]
        per_day = self.number_of_fraction_pattern_digits_per_day
        cycle_days = 7 * self.repeat_fraction_cycle_length
        cycles, rest = divmod(number_of_fractions - 1, len(slots))
        last = cycles * cycle_days + slots[rest] // per_day
        return last - slots[0] // per_day + 1

    @property
    def days(self) -> str:
        """Return the days of a weekly pattern in words, else its digits.

        Examples
        --------
        >>> FractionPattern("1111100", 1, 1).days
        'Mon-Fri'
        >>> FractionPattern("1010100", 1, 1).days
        'Mon, Wed, Fri'
        """
        if len(self.fraction_pattern) != len(DAYS):
            return f"pattern {self.fraction_pattern}"
        given = [i for i, digit in enumerate(self.fraction_pattern) if digit == "1"]
        if len(given) > 2 and given[-1] - given[0] == len(given) - 1:
            return f"{DAYS[given[0]]}-{DAYS[given[-1]]}"
        return ", ".join(DAYS[i] for i in given)


def parse_days(text: str) -> FractionPattern:
    """Return the weekly pattern of days such as ``"Mon-Fri"`` or ``"Mon, Wed, Fri"``.

    Raises
    ------
    UnitError
        If the text is not of that form.

    Examples
    --------
    >>> parse_days("Mon-Wed, fri").fraction_pattern
    '1110100'
    >>> parse_days("Sun-Thu").fraction_pattern
    '1111001'
    """
    digits = ["0"] * len(DAYS)
    for part in text.split(","):
        first, dash, last = (word.strip().capitalize() for word in part.partition("-"))
        known = first in DAYS and (last in DAYS if dash else not last)
        if not known:
            raise UnitError(
                f"days of the week {text!r}", expected='the form "Mon-Fri" or "Mon, Wed, Fri"'
            )
        begin = DAYS.index(first)
        end = DAYS.index(last) if dash else begin
        for day in range(begin, end + 1 if end >= begin else end + 1 + len(DAYS)):
            digits[day % len(DAYS)] = "1"
    return FractionPattern("".join(digits), 1, 1)
