"""The Identity record: what a report that names nobody must not hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Identity:
    """Who the patient of a plan is, as far as its files say: to be left out, never to be shown.

    Parameters
    ----------
    names : tuple of str
        Parts of the patient's names.
    numbers : tuple of str
        Patient IDs, other record numbers, and birth dates as people write them.
    uids : tuple of str
        UIDs of the patient's objects, studies, series and frames of reference.
    files : mapping of str to str
        File, relative to the input, to what it is: ``RT Plan``.
    """

    names: tuple[str, ...] = field(default=(), repr=False)
    numbers: tuple[str, ...] = field(default=(), repr=False)
    uids: tuple[str, ...] = field(default=(), repr=False)
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
