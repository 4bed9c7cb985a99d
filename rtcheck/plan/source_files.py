"""The SourceFiles record: the very files of a plan, for an engine that reads DICOM itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class SourceFiles:
    """Contents of the files that a plan was read from.

    Parameters
    ----------
    structure_set, dose : callable or None
        Return the bytes of the file, from disk or out of an archive. `dose` is None where the
        plan's dose was put together from several files.
    rt_plan : callable
        The same of the RT Plan.
    """

    structure_set: Callable[[], bytes] | None = None
    dose: Callable[[], bytes] | None = None
    rt_plan: Callable[[], bytes] | None = None
