"""Second opinions: rtcheck's value beside the planning system's and a second engine's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from rtcheck.errors import CannotSay
from rtcheck.geometry.expression import Name
from rtcheck.metrics.base import Metric, Needs, Value
from rtcheck.metrics.measurement import Measurement
from rtcheck.metrics.opinion import EngineValue
from rtcheck.metrics.size import Volume
from rtcheck.metrics.stored import StoredCurve
from rtcheck.metrics.subject import BenchSubject
from rtcheck.metrics.tolerance import Tolerance
from rtcheck.plan import Finding, Plan, Severity, StoredDvh

_TPS_CAUSES = (
    "structure or dose may have changed since that DVH was stored, or the systems see end slices, "
    "small volumes and steep doses differently; compare them in the planning system."
)
_VOLUME_CAUSES = (
    "most likely that DVH is of another version of the structure; very small or thin structures "
    "also differ by how their end slices are taken."
)
_ENGINE_CAUSES = "known reasons stand with the settings."


class SecondEngine(Protocol):
    """Another program that computes DVHs of single ROIs from the same files."""

    @property
    def name(self) -> str:
        """Return its name."""

    @property
    def version(self) -> str:
        """Return its version."""

    @property
    def why_it_differs(self) -> str:
        """Return the known reasons why its figures need not agree."""

    def dvh(self, roi_number: int) -> StoredDvh:
        """Return its histogram of an ROI, or raise `CannotSay`."""


@dataclass(eq=False)
class Opinions:
    """Second opinions on what is measured of one plan. None of them changes an outcome.

    Parameters
    ----------
    plan : Plan
        The plan, with the DVHs that its planning system stored.
    engine : SecondEngine, optional
        A second engine.
    """

    plan: Plan
    engine: SecondEngine | None = None
    _tolerance: Tolerance = field(init=False, repr=False)
    _curves: dict[StoredDvh, StoredCurve] = field(default_factory=dict, repr=False)
    _volumes: dict[int, str] = field(default_factory=dict, repr=False)
    _differing: dict[tuple[str, str], list[str]] = field(default_factory=dict, repr=False)
    _failed: set[str] = field(default_factory=set, repr=False)

    def __post_init__(self) -> None:
        self._tolerance = Tolerance(self.plan)

    def on(self, ours: Measurement, metric: Metric, subject: BenchSubject) -> Measurement:
        """Return a measurement with what the others say of it.

        Parameters
        ----------
        ours : Measurement
            Of `metric` on `subject`.
        metric : Metric
            What was measured.
        subject : BenchSubject
            The structure: others know single ROIs only, no expressions.
        """
        if not (Needs.DOSE in metric.needs or isinstance(metric, Volume)):
            return ours
        try:
            roi_number = _only_roi(subject)
            with_tps = self._with_tps(ours, metric, subject, roi_number)
            if self.engine is None:
                return with_tps
            opinion = self._by_engine(self.engine, ours, metric, subject, roi_number)
            return replace(with_tps, second_engine=opinion)
        except Exception as fault:  # noqa: BLE001 - becomes a visible finding; the value stands
            self._failed.add(type(fault).__name__)
            return ours

    def _with_tps(
        self, ours: Measurement, metric: Metric, subject: BenchSubject, roi_number: int | None
    ) -> Measurement:
        stored = None if roi_number is None else self.plan.stored_dvh(roi_number)
        if stored is None:
            return ours
        self._compare_volume(stored, ours, metric, subject)
        try:
            theirs = self._curve(stored).measure(metric, subject)
        except CannotSay:
            return ours
        differs = self._tolerance.differ(ours, theirs, metric, subject)
        if differs and not isinstance(metric, Volume):
            self._note("TPS_DVH_DIFFERS", stored, ours, theirs, subject)
        return replace(ours, tps_value=theirs.value, tps_differs=differs)

    def _by_engine(
        self,
        engine: SecondEngine,
        ours: Measurement,
        metric: Metric,
        subject: BenchSubject,
        roi_number: int | None,
    ) -> EngineValue:
        if roi_number is None:
            why = "it knows single ROIs, no expressions"
            return EngineValue(engine.name, engine.version, reason=why)
        try:
            histogram = engine.dvh(roi_number)
            theirs = self._curve(histogram).measure(metric, subject)
        except CannotSay as error:
            return EngineValue(engine.name, engine.version, reason=error.detail or error.found)
        differs = self._tolerance.differ(ours, theirs, metric, subject)
        if differs:
            self._note("SECOND_ENGINE_DIFFERS", histogram, ours, theirs, subject)
        return EngineValue(engine.name, engine.version, theirs.value, differs=differs)

    def _curve(self, stored: StoredDvh) -> StoredCurve:
        if stored not in self._curves:
            self._curves[stored] = StoredCurve(stored, self.plan)
        return self._curves[stored]

    def _compare_volume(
        self, stored: StoredDvh, ours: Measurement, metric: Metric, subject: BenchSubject
    ) -> None:
        """Note, once an ROI, a stored DVH of quite another volume than the structure has."""
        if stored.roi_number in self._volumes or stored.volume_unit != "cm3":
            return
        if ours.low is None or ours.high is None or subject.tree is None:
            return
        if isinstance(metric, Volume):
            low, high = ours.low, ours.high
        else:
            dvh = subject.bench.dvh(subject.tree)
            low, high = dvh.known_cm3, dvh.total_cm3  # theirs may end where the dose grid does
        far = self._tolerance.other_volume(low, high, stored.total)
        here = ours.value if isinstance(metric, Volume) and ours.value is not None else high
        said = f"the volume is {figure(here)} cc here and {figure(stored.total)} cc"
        self._volumes[stored.roi_number] = said if far else ""

    def _note(
        self,
        code: str,
        histogram: StoredDvh,
        ours: Measurement,
        theirs: Value,
        subject: BenchSubject,
    ) -> None:
        ends = dict.fromkeys(figure(v) for v in (ours.low, ours.high) if v is not None)
        here = " to ".join(ends) if ours.value is None else figure(ours.value)
        there = figure(theirs.low if theirs.value is None else theirs.value)
        kind = "" if subject.dose == "physical" else f" in {subject.dose}"
        said = f"{ours.metric}{kind} {here} here and {there} {ours.unit}".rstrip() + " there"
        where = self.plan.structure(histogram.roi_number).roi_name
        noted = self._differing.setdefault((code, where), [])
        if said not in noted:
            noted.append(said)

    def settings(self) -> dict[str, str]:
        """Return which second engine was asked, to be printed with the method."""
        if self.engine is None:
            return {}
        return {
            "second_engine": f"{self.engine.name} {self.engine.version}",
            "second_engine_may_differ": self.engine.why_it_differs,
        }

    def findings(self) -> tuple[Finding, ...]:
        """Return where the others differ beyond the tolerance: one finding an ROI and source."""
        found = []
        for roi_number, said in self._volumes.items():
            if said:
                text = f"{said} in the planning system's DVH: {_VOLUME_CAUSES}"
                where = self.plan.structure(roi_number).roi_name
                found.append(Finding("TPS_DVH_VOLUME_DIFFERS", Severity.WARNS, text, where))
        engine = self.engine.name if self.engine else ""
        for (code, where), noted in self._differing.items():
            if code == "TPS_DVH_DIFFERS":
                who, why, severity = "the planning system", _TPS_CAUSES, Severity.WARNS
            else:
                who, why, severity = engine, _ENGINE_CAUSES, Severity.INFORMS
            text = f"{who} says otherwise: {'; '.join(noted)}: {why}"
            found.append(Finding(code, severity, text, where))
        for kind in sorted(self._failed):
            text = f"a second opinion could not be taken ({kind}); please report it."
            found.append(Finding("SECOND_OPINION_FAILED", Severity.WARNS, text))
        return tuple(found)


def _only_roi(subject: BenchSubject) -> int | None:
    """Return the ROINumber if the subject is one ROI as drawn."""
    if not isinstance(subject.tree, Name):
        return None
    return int(subject.tree.name.removeprefix("#"))


def figure(value: float) -> str:
    """Return a number in four digits, never with an exponent where it is large.

    Examples
    --------
    >>> figure(14876.77), figure(12.4987)
    ('14877', '12.5')
    """
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
