"""Rival plans checked against one protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rtcheck.api.checking import check
from rtcheck.api.reading import PathLike, as_asked, read_all
from rtcheck.errors import CannotSay, UsageError
from rtcheck.metrics.bench import roi
from rtcheck.open_plan import OpenPlan

if TYPE_CHECKING:
    from rtcheck.protocol import Protocol
    from rtcheck.report.comparison import Comparison
    from rtcheck.report.record import Report
    from rtcheck.verdict.judge import Watch


def compare(
    plans: Iterable[OpenPlan | PathLike],
    protocol: str | Path | Protocol,
    *,
    reference: str = "",
    read_from: Sequence[str] = (),
    variant: str = "",
    structure_map: Mapping[str, str | Sequence[str]] | None = None,
    aliases: Mapping[str, Sequence[str]] | None = None,
    rx: Iterable[str] = (),
    geometry: str | None = None,
    second_engine: str | None = None,
    watch: Watch | None = None,
    date: str | None = None,
    anonymize: bool = False,
) -> Comparison:
    """Return rival plans checked against one protocol, side by side.

    Parameters
    ----------
    plans : iterable of OpenPlan, str or Path
        Plans that were read, or where to read them; every plan found there is one.
    protocol : str, Path or Protocol
        As in `check`, as are all further parameters: they hold for each plan.
    reference : str
        Letter, RTPlanLabel or SOPInstanceUID of the plan that the others are held against; the
        first if none is named.
    read_from : sequence of str
        Where each plan was read, where `plans` are plans.

    Raises
    ------
    RtcheckError
        If plans or rules cannot be read, there are fewer than two plans, or no one plan has the
        label of the reference.
    """
    from rtcheck.report.comparison.build import (
        FEWEST,
        compare_reports,
        contours_of,
        key_named,
        keys,
    )
    from rtcheck.report.comparison.record import Rival
    from rtcheck.report.dates import dated

    opened: list[tuple[str, OpenPlan]] = []
    for given in plans:
        found = [given] if isinstance(given, OpenPlan) else read_all(given)
        origin = "" if isinstance(given, OpenPlan) else str(given)
        opened += [(origin, plan) for plan in found]
    if len(opened) < FEWEST:
        raise UsageError(f"{len(opened)} plan", expected="at least two to compare")
    geometry = geometry or opened[0][1].geometry
    created = dated(date)
    base = key_named([plan.record for _, plan in opened], reference)
    rivals = []
    stated = tuple(rx)
    for i, (key, (origin, plan)) in enumerate(zip(keys(len(opened)), opened, strict=True)):
        plan = as_asked(plan, stated, geometry)
        report = check(
            plan,
            protocol,
            variant=variant,
            structure_map=structure_map,
            aliases=aliases,
            second_engine=second_engine,
            watch=watch,
            date=created,
        )
        frames = {s.frame_of_reference_uid for s in plan.structures if s.frame_of_reference_uid}
        contours = contours_of(plan.record, report, _volumes_cm3(plan, report))
        origin = read_from[i] if read_from else origin
        rivals.append(Rival(key, origin, report, contours, tuple(sorted(frames))))
    if anonymize:
        from rtcheck.report.comparison.anonymous import anonymous

        rivals = anonymous(rivals, [plan.record for _, plan in opened])
    return compare_reports(rivals, base)


def _volumes_cm3(plan: OpenPlan, report: Report) -> dict[int, float]:
    """Return by ROINumber the volumes of the ROIs that goals were judged on."""
    volumes = {}
    for number in dict.fromkeys(f.roi_number for v in report.verdicts for f in v.found):
        with suppress(CannotSay, ArithmeticError, LookupError, MemoryError, ValueError):
            volumes[number] = plan.bench.volume_cm3(roi(number))
    return volumes
