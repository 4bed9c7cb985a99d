"""What a plan review asks of the files, in words: which points hold, and what speaks against them.

Words and no symbols: a tick in a report stands for a goal that was kept, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from rtcheck.gate import Checked

TITLE = "Plan review"
NOTE = (
    "Points of AAPM MPPG 11.a, as far as files answer them; what speaks against one is a finding."
)

ANSWERS = {True: "holds", False: "no", None: "not said"}
"""Whether a point holds; None where the files do not say."""

KEYS = {True: "holds", False: "against", None: "unsaid"}
"""The same as the class of a line."""


def against(line: Checked) -> str:
    """Return the codes of the findings that speak against a point."""
    return ", ".join(line.codes)


def summary(review: Sequence[Checked]) -> str:
    """Return how many of the points hold.

    Examples
    --------
    >>> summary([Checked("a", True), Checked("b", False, ("X",)), Checked("c", None)])
    '1 of 3 points holds, 1 does not, of 1 the files say nothing'
    """
    holding, failing, unsaid = (
        sum(line.holds is holds for line in review) for holds in (True, False, None)
    )
    parts = [f"{holding} of {len(review)} points {'holds' if holding == 1 else 'hold'}"]
    parts += [f"{failing} {'does' if failing == 1 else 'do'} not"] if failing else []
    parts += [f"of {unsaid} the files say nothing"] if unsaid else []
    return ", ".join(parts)
