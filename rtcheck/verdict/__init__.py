"""The only meeting place of the plan and the rules."""

from rtcheck.verdict.outcome import (
    DISPLAY_ORDER,
    EXIT_CODES,
    OUTCOME_WORDS,
    Found,
    Outcome,
    Verdict,
    overall,
)

__all__ = [
    "DISPLAY_ORDER",
    "EXIT_CODES",
    "OUTCOME_WORDS",
    "Found",
    "Outcome",
    "Verdict",
    "overall",
]
