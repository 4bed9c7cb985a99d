"""The only meeting place of the plan and the rules."""

from rtcheck.verdict.evidence import Evidence
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
    "Evidence",
    "Found",
    "Outcome",
    "Verdict",
    "overall",
]
