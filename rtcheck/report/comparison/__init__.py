"""Rival plans held against one protocol, side by side: the record, its words and its writers.

What a plan is compared with is the reference, the first plan unless another is chosen. Nothing
here ranks plans by a score: each keeps the outcome that the protocol gives it.
"""

from rtcheck.report.comparison.record import (
    Change,
    Comparison,
    Contours,
    Doubt,
    Rival,
    Row,
    Size,
    Standing,
    Unread,
)

__all__ = [
    "Change",
    "Comparison",
    "Contours",
    "Doubt",
    "Rival",
    "Row",
    "Size",
    "Standing",
    "Unread",
]
