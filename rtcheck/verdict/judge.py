"""Judging: every goal of a protocol on a plan. Each goal ends as at least one verdict."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from rtcheck.errors import CannotSay, Reason
from rtcheck.geometry import GeometryModel, names_in, parse_expression
from rtcheck.geometry.expression import Expression
from rtcheck.metrics import Measurement, Metric, Needs
from rtcheck.metrics.ahead import measure_ahead
from rtcheck.metrics.bench import Bench, roi
from rtcheck.metrics.measurement import measure
from rtcheck.metrics.opinions import Opinions
from rtcheck.metrics.prescription_facts import Schedule
from rtcheck.metrics.subject import BenchSubject
from rtcheck.plan import Plan, Prescription, plan_blocks
from rtcheck.protocol import Protocol, check_mapping
from rtcheck.protocol.goal import Goal, ProtocolPrescription
from rtcheck.verdict.outcome import Outcome, Verdict
from rtcheck.verdict.roles import Casting, Resolver, find_prescription, overruled
from rtcheck.verdict.tiers import judge_tier, tier_margin, worst_end
from rtcheck.verdict.weigh import (
    blank_verdict,
    cannot_say,
    not_applicable,
    outcome_by_tps,
    outcome_of,
)

Subjects = dict[tuple[str, int | None], BenchSubject]
"""What verdicts were measured on, by goal id and, of a goal that holds for each ROI, its number."""

Watch = Callable[[str, int, int], None]
"""Is told what comes next, and how many goals of how many are judged already."""


def judge(
    plan: Plan,
    protocol: Protocol,
    *,
    variant: str = "",
    geometry: str = "smooth",
    structure_map: Mapping[str, str | Sequence[str]] | None = None,
    goals: Collection[str] | None = None,
    bench: Bench | None = None,
    opinions: Opinions | None = None,
    subjects: Subjects | None = None,
    watch: Watch | None = None,
    jobs: int | None = 1,
) -> tuple[Verdict, ...]:
    """Return the verdicts of a protocol on a plan, in the protocol's order.

    Parameters
    ----------
    plan : Plan
        The plan.
    protocol : Protocol
        The rules.
    variant : str
        Variant of the protocol; goals of a variant are not evaluated when none is chosen.
    geometry : str
        Geometry model; see `rtcheck.geometry.GeometryModel`.
    structure_map : mapping of str to str, optional
        Role to ROI name, given by the user; wins over every other match.
    goals : collection of str, optional
        Ids of the goals to judge; all by default.
    bench : Bench, optional
        Solids and histograms of this plan and geometry, to be shared between protocols.
    opinions : Opinions, optional
        Second opinions to put beside the values; that of the planning system by default.
    subjects : dict, optional
        Is given what each verdict was measured on, for `find_evidence`.
    watch : callable, optional
        Is told of each goal before it is judged.
    jobs : int or None
        How many processes may measure structures side by side; as many as there are cores if None.

    Raises
    ------
    UsageError
        If the map names a role that the protocol does not have.
    """
    structure_map = structure_map or {}
    check_mapping(protocol, structure_map)
    judging = _Judging(
        bench or Bench(plan, GeometryModel(geometry)),
        Casting(plan, protocol, structure_map),
        variant,
        opinions or Opinions(plan),
        {} if subjects is None else subjects,
    )
    chosen = [g for g in protocol.goals if goals is None or g.id in goals]
    if jobs != 1:
        measure_ahead(judging.bench, judging.trees(chosen), jobs, watch)
    verdicts: list[Verdict] = []
    for done, goal in enumerate(chosen):
        if watch:
            watch(f"goal {goal.id}", done, len(chosen))
        structure, cite = judging.structure(goal), judging.citation(goal)
        verdicts += [replace(v, structure=structure, source_cite=cite) for v in judging.goal(goal)]
    return tuple(verdicts)


@dataclass(eq=False)
class _Judging:
    bench: Bench
    casting: Casting
    variant: str
    opinions: Opinions
    subjects: Subjects

    @property
    def protocol(self) -> Protocol:
        return self.casting.protocol

    def trees(self, goals: Iterable[Goal]) -> list[Expression]:
        """Return what goals ask the histogram of, and every ROI in it: its curve is shown."""
        trees: list[Expression] = []
        for goal in goals:
            with suppress(Exception):  # said when the goal is judged
                if self._applies(goal) is not None or plan_blocks(self.bench.plan):
                    continue
                for only in self._instances(goal):
                    resolver = Resolver(self.casting, only)
                    tree = resolver.expression(self.structure(goal))
                    trees += [tree] if Needs.DOSE in goal.metric.needs else []
                    trees += [roi(found.roi_number) for found in resolver.found]
        return trees

    def goal(self, goal: Goal) -> list[Verdict]:
        """Return the verdicts of one goal; a fault in it is a verdict too, and ends only it."""
        try:
            applies = self._applies(goal)
            if applies is not None:
                return [applies]
            blocks = plan_blocks(self.bench.plan)
            if blocks:
                return [cannot_say(goal, Reason.INPUT_BLOCKED, blocks[0].text)]
            return [self._guarded(goal, only) for only in self._instances(goal)]
        except CannotSay as why:
            return [cannot_say(goal, why.reason, why.detail)]
        except Exception as fault:  # noqa: BLE001 - ends as a visible verdict naming the goal
            return [cannot_say(goal, Reason.INTERNAL_ERROR, type(fault).__name__)]

    def _guarded(self, goal: Goal, only: dict[str, int]) -> Verdict:
        resolver = Resolver(self.casting, only)
        roi = self.bench.plan.structure(next(iter(only.values()))).roi_name if only else ""
        try:
            verdict = self._judge(goal, resolver, only)
        except CannotSay as why:
            verdict = cannot_say(goal, why.reason, why.detail)
        except Exception as fault:  # noqa: BLE001 - ends as a visible verdict naming the goal
            verdict = cannot_say(goal, Reason.INTERNAL_ERROR, type(fault).__name__)
        notes = "; ".join(filter(None, [verdict.detail, *dict.fromkeys(resolver.notes)]))
        found = tuple(dict.fromkeys(resolver.found))
        return replace(verdict, roi=roi, found=found, detail=notes)

    def _applies(self, goal: Goal) -> Verdict | None:
        """Return the verdict of a goal that is not to be measured, or None."""
        if goal.variant and not self.variant:
            ways = " or ".join(f"{self.protocol.id}@{v}" for v in self.protocol.variants)
            return cannot_say(goal, Reason.VARIANT_NOT_CHOSEN, f"choose {ways}")
        if goal.variant and goal.variant != self.variant:
            return not_applicable(goal, f"belongs to the variant {goal.variant}")
        if goal.when is None:
            return None
        if goal.when.exists and not self.casting.has(goal.when.exists):
            return not_applicable(goal, f"no ROI has the role {goal.when.exists}")
        if goal.when.prescribed and not self._is_prescribed(goal.when.prescribed):
            return not_applicable(goal, f"the plan prescribes nothing to {goal.when.prescribed}")
        return None

    def _is_prescribed(self, name: str) -> bool:
        """Return whether the plan has a prescription of its own for that name."""
        if not self.bench.plan.prescriptions:
            raise CannotSay(Reason.NO_PRESCRIPTION, f"whether {name} has one cannot be said")
        rule = self._rule(name)
        rois = [c.roi_number for c in self.casting.match(rule.target).found]
        try:
            find_prescription(self.casting, rule, rois, sole=False)
        except CannotSay as why:
            return why.reason is Reason.PRESCRIPTION_AMBIGUOUS
        return True

    def _rule(self, name: str) -> ProtocolPrescription:
        return next(p for p in self.protocol.prescriptions if p.name == name)

    def structure(self, goal: Goal) -> str:
        """Return the structure a goal speaks of; for prescription facts, the target."""
        return goal.structure or self._rule(goal.prescription).target

    def citation(self, goal: Goal) -> str:
        """Return the source of a goal in full."""
        return self.protocol.sources[goal.source.ref].cite

    def _instances(self, goal: Goal) -> list[dict[str, int]]:
        """Return what a goal is judged on: each ROI of its one `each` role, or all at once."""
        names = names_in(parse_expression(self.structure(goal), self.protocol.roles))
        each = [n for n in names if self.protocol.roles[n].each]
        if len(each) != 1:
            return [{}]
        role = each[0]
        instead = self.protocol.roles[role].otherwise
        if instead in self.protocol.roles and not self.casting.has(role):
            role = instead  # one role for another: it holds for each ROI of that one
        return [{role: c.roi_number} for c in self.casting.match(role).found] or [{}]

    def _prescription(self, goal: Goal, only: Mapping[str, int]) -> Prescription:
        if not goal.prescription:
            raise CannotSay(Reason.NO_PRESCRIPTION, "the goal names none")
        rule = self._rule(goal.prescription)
        usable = [p for p in self.protocol.prescriptions if p.variant in ("", self.variant)]
        sole = len({p.target for p in usable}) == 1
        return find_prescription(self.casting, rule, self._target(rule, only), sole=sole)

    def _target(self, rule: ProtocolPrescription, only: Mapping[str, int]) -> list[int]:
        """Return the ROINumbers of a prescription's target."""
        match = self.casting.match(rule.target)
        if match.ambiguous:
            raise CannotSay(Reason.STRUCTURE_AMBIGUOUS, match.detail)
        if rule.target in only:
            return [only[rule.target]]
        return [c.roi_number for c in match.found]

    def _judge(self, goal: Goal, resolver: Resolver, only: Mapping[str, int]) -> Verdict:
        tree = None
        if goal.structure or goal.metric.needs & (Needs.DOSE | Needs.SOLID):
            tree = resolver.expression(self.structure(goal))
        elif goal.prescription:
            # A fact of the prescription: the target is named, its contours do not matter.
            try:
                resolver.expression(self.structure(goal))
            except CannotSay as why:
                if why.reason is Reason.STRUCTURE_AMBIGUOUS:
                    raise
        subject = BenchSubject(
            self.bench,
            tree,
            resolver.expression,
            lambda: self._prescription(goal, only),
            goal.dose,
            goal.alpha_beta_gy,
        )
        self.subjects[goal.id, next(iter(only.values()), None)] = subject
        name = self.structure(goal)
        measured: dict[Metric, Measurement] = {}

        def measurement(metric: Metric | None) -> Measurement:
            metric = metric or goal.metric
            if metric not in measured:
                found = measure(metric, subject, name)
                measured[metric] = self.opinions.on(found, metric, subject)
            return measured[metric]

        verdict = self._weigh(goal, measurement, only)
        others = tuple(m for metric, m in measured.items() if metric != goal.metric)
        verdict = replace(verdict, others=others, tps_outcome=outcome_by_tps(goal, measurement))
        refers = any(metric.needs & Needs.PRESCRIPTION for metric in measured)
        if not (goal.prescription and refers and verdict.value is not None):
            return verdict
        rx = subject.prescription()
        rule = self._rule(goal.prescription)
        resolver.notes += [
            f"the export states {stated}; the user's prescription is used"
            for stated in overruled(self.casting, rule, self._target(rule, only), rx)
        ]
        return replace(verdict, prescription=str(rx))

    def _weigh(
        self,
        goal: Goal,
        measurement: Callable[[Metric | None], Measurement],
        only: Mapping[str, int],
    ) -> Verdict:
        found = measurement(None)
        base = replace(
            blank_verdict(goal, Outcome.REPORTED),
            value=found.value,
            low=found.low,
            high=found.high,
            value_text=found.text,
            definition=found.definition,
            tps_value=found.tps_value,
            tps_differs=found.tps_differs,
            second_engine=found.second_engine,
            by_model=found.by_model if found.models_disagree else (),
        )
        if goal.per_protocol is None:
            if found.value is None and found.low is None:
                return replace(
                    base, outcome=Outcome.NOT_EVALUATED, reason=found.reason, detail=found.detail
                )
            return replace(base, reason=found.reason, detail=found.detail)
        if isinstance(goal.metric, Schedule):
            return self._weigh_schedule(goal, found, base, only)
        strict = judge_tier(goal.per_protocol, measurement)
        loose = judge_tier(goal.acceptable, measurement) if goal.acceptable else None
        outcome, why = outcome_of(strict, loose)
        borderline = strict.borderline or (
            loose is not None and loose.borderline and outcome is not Outcome.PER_PROTOCOL
        )
        verdict = replace(
            base,
            outcome=outcome,
            margin=tier_margin(goal.per_protocol, found),
            borderline=borderline and why is None,
        )
        if why is not None:
            return replace(verdict, reason=why.reason, detail=why.detail)
        if found.value is None and found.low is not None:
            verdict = replace(
                verdict,
                value=worst_end(goal.per_protocol, found),
                detail="worst case of the part outside the dose grid",
            )
        return verdict

    def _weigh_schedule(
        self, goal: Goal, found: Measurement, base: Verdict, only: Mapping[str, int]
    ) -> Verdict:
        """Return the verdict on a prescribed schedule: whether it is one of the options."""
        if found.value is None:
            reason, detail = found.reason, found.detail
            return replace(base, outcome=Outcome.NOT_EVALUATED, reason=reason, detail=detail)
        rule = self._rule(goal.prescription)
        rois = set(only.values()) or {c.roi_number for c in self.casting.match(rule.target).found}
        options = [
            option
            for option in rule.options
            if not option.role
            or rois & {c.roi_number for c in self.casting.match(option.role).found}
        ]
        if not options:
            roles = ", ".join(dict.fromkeys(o.role for o in rule.options))
            detail = f"the target is none of {roles}; say which with --map ROLE=ROI"
            raise CannotSay(Reason.NO_OPTION_FOR_TARGET, detail)
        rx = self._prescription(goal, only)
        fractions = rx.number_of_fractions_planned or self.bench.plan.number_of_fractions_planned
        kept = [o for o in options if fractions and o.allows(rx.dose_gy, fractions)]
        outcome = Outcome.DEVIATION_UNACCEPTABLE
        if kept:
            strict = any(not o.acceptable for o in kept)
            outcome = Outcome.PER_PROTOCOL if strict else Outcome.VARIATION_ACCEPTABLE
        return replace(
            base,
            outcome=outcome,
            per_protocol="; ".join(o.text for o in options if not o.acceptable) or None,
            acceptable="; ".join(o.text for o in options if o.acceptable) or None,
        )
