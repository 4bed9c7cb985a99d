"""Metric text to metric, driven by the table of families."""

from __future__ import annotations

import difflib
from functools import lru_cache

from rtcheck.errors import MetricError, RtcheckError
from rtcheck.metrics.base import Metric
from rtcheck.metrics.table import FAMILIES


@lru_cache(maxsize=1024)
def parse_metric(text: str) -> Metric:
    """Return the metric that `text` names.

    Parameters
    ----------
    text : str
        Metric notation such as ``"D95%[Gy]"``, ``"V20Gy[%]"`` or ``"Mean[Gy]"``. The unit of the
        answer in brackets is compulsory wherever a metric could be given in more than one.

    Raises
    ------
    MetricError
        If the text is not of the notation, with what was probably meant.

    Examples
    --------
    >>> parse_metric("V20Gy[%]").unit
    '%'
    >>> parse_metric("V20Gy")
    Traceback (most recent call last):
        ...
    rtcheck.errors.MetricError: RTC-M001: metric 'V20Gy'; expected the unit of the answer in \
brackets. Write for example V20Gy[%] or V20Gy[cc]
    """
    stripped = text.strip()
    for family in FAMILIES:
        match = family.pattern.fullmatch(stripped)
        if match:
            try:
                return family.from_match(match)
            except RtcheckError as error:
                raise MetricError(
                    f"metric {text!r}: {error.found}", expected=error.expected, hint=error.hint
                ) from None
    raise _not_a_metric(text, stripped)


def _not_a_metric(text: str, stripped: str) -> MetricError:
    with_unit = [f"{stripped}[{unit}]" for unit in ("Gy", "%", "cc", "mm", "d")]
    right = [t for t in with_unit if any(f.pattern.fullmatch(t) for f in FAMILIES)]
    if right:
        return MetricError(
            f"metric {text!r}",
            expected="the unit of the answer in brackets",
            hint=f"Write for example {' or '.join(right[:2])}",
        )
    examples = [family.notation for family in FAMILIES]
    spellings = {e.lower(): e for e in examples}
    near = difflib.get_close_matches(stripped.lower(), spellings, n=1, cutoff=0.5)
    hint = f"did you mean {spellings[near[0]]}?" if near else "Known: " + ", ".join(examples)
    return MetricError(f"metric {text!r}", expected="a metric of the notation", hint=hint)
