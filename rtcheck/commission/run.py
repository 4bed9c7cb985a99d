"""The run: every plan is written as DICOM files, read back and measured through the API."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import rtcheck
from rtcheck.commission.bodies import BODIES, RX_GY
from rtcheck.commission.cases import CaseClass, PlanCase
from rtcheck.commission.figures import Figure, Group, figures_of
from rtcheck.phantoms.dicom_files import write_plan
from rtcheck.phantoms.truth import Truth, truth_of

TRUTH_ERROR_PERCENT = 0.02
"""What the true values themselves may be wrong by: % of the prescription, or percentage points."""

Progress = Callable[[int, int], None]
"""Is told how many bodies of how many are done."""


@dataclass(frozen=True)
class Comparison:
    """One figure of one body in one plan: what rtcheck says and what is true.

    Parameters
    ----------
    plan : PlanCase
        The plan.
    body : str
        A key of `BODIES`.
    case_class : CaseClass
        What can be asked of it.
    figure : Figure
        The metric and its true value.
    value, low, high : float or None
        What rtcheck says, with the interval; None if it says that it cannot.
    unit : str
        The metric's unit.
    reason : str
        Why there is no value; empty if there is one.
    """

    plan: PlanCase
    body: str
    case_class: CaseClass
    figure: Figure
    value: float | None
    low: float | None
    high: float | None
    unit: str
    reason: str

    @property
    def case(self) -> str:
        """Return the name of body and plan."""
        return f"{self.body}: {self.plan.name}"

    @property
    def error(self) -> float | None:
        """Return the signed error: % of the prescription, percentage points, or % of the volume."""
        if self.value is None or self.figure.truth is None:
            return None
        return (self.value - self.figure.truth) * self._scale

    @property
    def width(self) -> float | None:
        """Return the width of the interval, in the unit of the error."""
        if self.low is None or self.high is None or self.figure.truth is None:
            return None
        return (self.high - self.low) * self._scale

    @property
    def is_inside(self) -> bool | None:
        """Return whether the true value lies in the interval; None if there is none of the two."""
        if self.low is None or self.high is None or self.figure.truth is None:
            return None
        slack = TRUTH_ERROR_PERCENT / self._scale
        return self.low - slack <= self.figure.truth <= self.high + slack

    @property
    def is_invented(self) -> bool:
        """Return whether there is a number where the body has no such value."""
        return self.figure.truth is None and self.value is not None

    @property
    def is_missing(self) -> bool:
        """Return whether there is no number where the body has one."""
        return self.figure.truth is not None and self.value is None

    @property
    def _scale(self) -> float:
        if self.figure.group is Group.V:
            return 1.0
        if self.figure.group is Group.VOLUME:
            return 100 / (self.figure.truth or 1.0)
        return 100 / RX_GY


def truths_of(plans: Sequence[PlanCase]) -> dict[tuple[str, str], Truth]:
    """Return the true DVH of every body in every dose that the plans have."""
    pairs = sorted({(body, plan.dose_name) for plan in plans for body in plan.body_names})
    # Body by body: points are spread over each one once.
    doses = {plan.dose_name: plan.dose for plan in plans}
    return {(body, dose): truth_of(BODIES[body], doses[dose]) for body, dose in pairs}


def run_suite(
    plans: Sequence[PlanCase], geometry: str, progress: Progress | None = None
) -> tuple[list[Comparison], str]:
    """Return every comparison of the suite, and the SHA-256 of all files written, in order.

    Parameters
    ----------
    plans : sequence of PlanCase
        What to run.
    geometry : str
        Geometry model, one of `rtcheck.GEOMETRY_MODELS`.
    progress : callable, optional
        Is told after each body.
    """
    truths = truths_of(plans)
    total, done = sum(len(plan.body_names) for plan in plans), 0
    compared: list[Comparison] = []
    written = hashlib.sha256()
    for plan in plans:
        with tempfile.TemporaryDirectory(prefix="rtcheck-commission-") as folder:
            export = write_plan(Path(folder), plan.phantom())
            for path in sorted(export.iterdir()):
                written.update(path.name.encode() + path.read_bytes())
            opened = rtcheck.read(export, geometry=geometry)
            for body in plan.body_names:
                compared += _compared(plan, body, truths[body, plan.dose_name], opened)
                done += 1
                if progress:
                    progress(done, total)
    return compared, written.hexdigest()


def _compared(
    plan: PlanCase, body: str, truth: Truth, opened: rtcheck.OpenPlan
) -> list[Comparison]:
    case_class, region = plan.class_of(body), opened[body]
    compared = []
    for figure in figures_of(truth):
        m = region.measure(figure.metric)
        reason = "" if m.reason is None else str(m.reason)
        compared.append(
            Comparison(plan, body, case_class, figure, m.value, m.low, m.high, m.unit, reason)
        )
    return compared
