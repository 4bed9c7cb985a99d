"""A plan that was read, ready to be measured: structures and expressions of structures by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from rtcheck.dvh import Dvh
from rtcheck.errors import CannotSay, Reason, RtcheckError, UsageError
from rtcheck.geometry import GEOMETRY_MODELS, GeometryModel, parse_expression
from rtcheck.geometry.expression import Combine, Expression, Grow, Name
from rtcheck.metrics import Measurement, parse_metric
from rtcheck.metrics.base import biological_dose_fits
from rtcheck.metrics.bench import Bench, roi
from rtcheck.metrics.measurement import measure
from rtcheck.metrics.opinions import Opinions, SecondEngine
from rtcheck.metrics.subject import DOSE_KINDS, BenchSubject
from rtcheck.plan import Finding, Plan, Prescription, Structure
from rtcheck.plan.image import CtPlane

Watch = Callable[[str, int, int], None]
"""Is told what comes next, and how many of how many are done already."""

SECOND_ENGINES = ("dicompyler",)
"""Engines that can be asked beside rtcheck's own."""


@dataclass(frozen=True, eq=False)
class Region:
    """A structure, or an expression of structures, of one plan.

    Parameters
    ----------
    name : str
        As asked for.
    plan : OpenPlan
        The plan.
    """

    name: str
    plan: OpenPlan
    _tree: Expression

    def __repr__(self) -> str:
        return f"<{self.name} of {self.plan!r}>"

    def dvh(self) -> Dvh:
        """Return the dose-volume histogram (Gy, cm3).

        Raises
        ------
        CannotSay
            If there is no dose, or nothing of the structure.
        """
        return self.plan.bench.dvh(self._tree)

    @property
    def volume_cm3(self) -> float:
        """Return the volume in cm3.

        Raises
        ------
        CannotSay
            If there is nothing of the structure.
        """
        return self.plan.bench.volume_cm3(self._tree)

    def measure(
        self,
        metric: str,
        *,
        prescription: str | None = None,
        dose: str = "physical",
        alpha_beta_gy: float | None = None,
        second_engine: str | None = None,
    ) -> Measurement:
        """Return a metric of the region: value, bounds and unit, or the reason why not.

        Beside it stands what the planning system's own DVH says, if the RT Dose holds one of this
        ROI (`tps_value`).

        Parameters
        ----------
        metric : str
            Notation, such as ``"Mean[Gy]"`` or ``"V95%[%]"``.
        prescription : str, optional
            Name of the prescription that percentages refer to; there is no default.
        dose : {"physical", "BED", "EQD2"}
            Which dose to measure in, voxel by voxel.
        alpha_beta_gy : float, optional
            For BED and EQD2, in Gy.
        second_engine : {"dicompyler"}, optional
            Another engine to ask too (extra `dicompyler`); its answer is `second_engine`.

        Raises
        ------
        MetricError
            If the metric is not of the notation.
        UsageError
            If there is no such kind of dose, the metric cannot be measured in it, or there is no
            such engine.
        """
        if dose not in DOSE_KINDS:
            raise UsageError(f"dose {dose!r}", expected="one of " + ", ".join(DOSE_KINDS))
        parsed = parse_metric(metric)
        if dose != "physical" and not biological_dose_fits(parsed):
            raise UsageError(
                f"{metric} in {dose}",
                expected="a metric of the dose, in Gy: a prescription is of physical dose",
            )
        subject = BenchSubject(
            self.plan.bench,
            self._tree,
            self.plan.resolve,
            lambda: self.plan.prescription(prescription),
            dose,
            alpha_beta_gy,
        )
        opinions = self.plan.opinions(second_engine)
        return opinions.on(measure(parsed, subject, self.name), parsed, subject)


@dataclass(frozen=True, eq=False)
class OpenPlan:
    """A plan that was read, ready to be measured and checked.

    Parameters
    ----------
    record : Plan
        What was read.
    geometry : str
        Geometry model; one of `GEOMETRY_MODELS`.
    paths : tuple of path
        Where it was read: a CT to be shown is looked for there.
    jobs : int or None
        How many processes may measure structures side by side, on Linux; as many as there are
        cores, up to four, if None. See `measure_ahead`.
    """

    record: Plan
    geometry: str = "smooth"
    paths: tuple[str | Path, ...] = ()
    jobs: int | None = 1

    def __repr__(self) -> str:
        dose = "with dose" if self.record.dose is not None else "without dose"
        rois = f"{len(self.structures)} ROIs, {len(self.prescriptions)} prescriptions"
        return f"<plan {self.label!r}: {rois}, {dose}>"

    @cached_property
    def bench(self) -> Bench:
        """Return the solids and histograms of the plan, each computed once."""
        return Bench(self.record, model_named(self.geometry))

    def opinions(self, second_engine: str | None = None) -> Opinions:
        """Return who else is asked: the planning system, and an engine of that name.

        Raises
        ------
        UsageError
            If there is no such engine, or it is not installed.
        """
        if second_engine not in self._opinions:
            self._opinions[second_engine] = Opinions(self.record, self._engine(second_engine))
        return self._opinions[second_engine]

    @cached_property
    def _opinions(self) -> dict[str | None, Opinions]:
        return {}

    def _engine(self, name: str | None) -> SecondEngine | None:
        if name is None:
            return None
        require_engine(name)
        from rtcheck.dvh.dicompyler import DicompylerEngine

        return DicompylerEngine(self.record)

    def read_ct(
        self, heights_mm: Iterable[float]
    ) -> tuple[dict[float, CtPlane], tuple[Finding, ...]]:
        """Return the CT slice at each height that has one, and what of the CT cannot be used.

        It is looked for where the plan was read; nothing of it is kept.
        """
        from rtcheck.dicom.ct import read_ct_planes

        return read_ct_planes(self.paths, self.record, heights_mm)

    @property
    def label(self) -> str:
        """Return RTPlanLabel."""
        return self.record.rt_plan_label

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what is wrong or doubtful in the input."""
        return self.record.findings

    @property
    def structures(self) -> tuple[Structure, ...]:
        """Return every ROI, empty ones included."""
        return self.record.structures

    @property
    def prescriptions(self) -> tuple[Prescription, ...]:
        """Return the target prescriptions."""
        return self.record.prescriptions

    def __getitem__(self, expression: str) -> Region:
        """Return a structure or an expression of structures, by ROI names as exported.

        Raises
        ------
        ExpressionError
            If the expression cannot be read.
        UsageError
            If it names an ROI that the plan does not have, or has twice.
        """
        return Region(expression, self, self.resolve(expression))

    def measure_ahead(
        self, expressions: Iterable[str] | None = None, watch: Watch | None = None
    ) -> None:
        """Make histograms ready that will be asked for, in `jobs` processes at once.

        Values are the same to the last bit, whether and in how many processes this is done.

        Parameters
        ----------
        expressions : iterable of str, optional
            Structures or expressions; every ROI if none are given. Those that the plan does not
            have are left out.
        watch : callable, optional
            Is told of structures that are begun: name, how many before it, and of how many.
        """
        from rtcheck.metrics.ahead import measure_ahead

        trees: list[Expression] = []
        for text in expressions or ():
            with suppress(RtcheckError):
                trees.append(self.resolve(text))
        if expressions is None:
            trees = [roi(s.roi_number) for s in self.structures if not s.is_empty]
        measure_ahead(self.bench, trees, self.jobs, watch)

    def resolve(self, expression: str) -> Expression:
        """Return an expression of ROI names with ROI numbers in their place."""
        names = {s.roi_name for s in self.structures}
        return self._resolved(parse_expression(expression, names))

    def _resolved(self, tree: Expression) -> Expression:
        if isinstance(tree, Combine):
            return Combine(tree.operator, self._resolved(tree.left), self._resolved(tree.right))
        if isinstance(tree, Grow):
            return replace(tree, of=self._resolved(tree.of))
        return roi(self._roi_number(tree))

    def _roi_number(self, name: Name) -> int:
        numbers = [s.roi_number for s in self.structures if s.roi_name == name.name]
        if len(numbers) == 1:
            return numbers[0]
        if numbers:
            raise UsageError(f"{len(numbers)} ROIs named {name.name!r}")
        import difflib

        names = [s.roi_name for s in self.structures]
        near = difflib.get_close_matches(name.name, names, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise UsageError(f"no ROI named {name.name!r}", where=self.label, hint=hint)

    def prescription(self, name: str | None) -> Prescription:
        """Return the prescription of that name, which percentages refer to.

        Raises
        ------
        CannotSay
            If no name is given, or there is not exactly one such prescription.
        """
        stated = "; ".join(map(str, self.prescriptions)) or "none"
        if name is None:
            raise CannotSay(Reason.NO_PRESCRIPTION, f"name one of: {stated}")
        named = [p for p in self.prescriptions if p.name == name]
        named = [p for p in named if p.given_by_user] or named
        if not named:
            raise CannotSay(Reason.NO_PRESCRIPTION, f"{name}; the plan has: {stated}")
        if len({p.schedule for p in named}) > 1:
            raise CannotSay(Reason.PRESCRIPTION_AMBIGUOUS, stated)
        return named[0]


def require_engine(name: str) -> None:
    """Refuse a second engine that there is not.

    Raises
    ------
    UsageError
        If there is none of that name, or it is not installed.
    """
    if name not in SECOND_ENGINES:
        raise UsageError(f"second engine {name!r}", expected="one of " + ", ".join(SECOND_ENGINES))
    from rtcheck.dvh.dicompyler import dicompyler

    dicompyler("dvhcalc")


def model_named(geometry: str) -> GeometryModel:
    """Return the geometry model of that name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if geometry not in GEOMETRY_MODELS:
        raise UsageError(f"geometry {geometry!r}", expected="one of " + ", ".join(GEOMETRY_MODELS))
    return GeometryModel(geometry)
