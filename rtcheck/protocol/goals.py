"""Goals: each key held against what the rest of the rule file declares."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from rtcheck.errors import ExpressionError, ProtocolSyntaxError
from rtcheck.geometry.expression import MAX_NAMES, leaves, names_in, parse_expression
from rtcheck.metrics import Metric, Needs
from rtcheck.metrics.containment import Inside, Margin
from rtcheck.metrics.prescription_facts import Schedule
from rtcheck.protocol.fields import Place, did_you_mean
from rtcheck.protocol.goal import (
    Citation,
    Condition,
    Goal,
    ProtocolPrescription,
    Role,
    Source,
    Tier,
)
from rtcheck.protocol.limits import read_metric, read_quantity, read_tier
from rtcheck.protocol.schedule import schedule_tier
from rtcheck.units import Dimension


def declared(word: str, kind: str, known: Collection[str], at: Place) -> str:
    """Return a name that the file declares.

    Raises
    ------
    ProtocolSyntaxError
        If it does not, with what was probably meant.
    """
    if word not in known:
        raise ProtocolSyntaxError(
            f"no {kind} {word!r}",
            where=str(at),
            expected=f"a {kind} that the file declares",
            hint=did_you_mean(word, known),
        )
    return word


def expression_names(text: str, roles: Collection[str], at: Place) -> tuple[str, ...]:
    """Return the names in a structure expression.

    Raises
    ------
    ExpressionError
        If it cannot be read, with where it stands.
    """
    try:
        return names_in(parse_expression(text, known_names=roles))
    except ExpressionError as error:
        where = ", ".join(filter(None, (str(at), error.where)))
        raise ExpressionError(
            error.found, where=where, expected=error.expected, hint=error.hint
        ) from None


class GoalReader:
    """Reads goals against what the rest of the file declares."""

    def __init__(
        self,
        roles: Mapping[str, Role],
        sources: Mapping[str, Citation],
        prescriptions: tuple[ProtocolPrescription, ...],
        variants: tuple[str, ...],
        sizes: Mapping[str, int],
    ) -> None:
        self.roles, self.sources, self.variants = roles, sources, variants
        self.sizes = sizes
        self.prescriptions = {p.name: p for p in prescriptions}

    def read(self, table: Mapping[str, Any], at: Place) -> Goal:
        """Return the goal that one ``[[goal]]`` table states.

        Raises
        ------
        ProtocolSyntaxError, UnitError, MetricError, ExpressionError
            If it states none, with the key.
        """
        metric = read_metric(table["metric"], at.into("metric"))
        variant = table.get("variant", "")
        if variant:
            declared(variant, "variant", self.variants, at.into("variant"))
        tiers = {
            key: read_tier(table[key], metric, at.into(key)) if key in table else None
            for key in ("per_protocol", "acceptable")
        }
        metrics = [metric]
        for tier in filter(None, tiers.values()):
            metrics += [clause.metric for clause in tier.clauses if clause.metric]
        dose = table.get("dose", "physical")
        needs = Needs.NOTHING
        for one in metrics:
            needs |= one.needs
            self._check_metric(one, at)
            if "dose" in table and (Needs.DOSE | Needs.PRESCRIPTION) in one.needs:
                raise ProtocolSyntaxError(
                    repr(dose),
                    where=str(at.into("dose")),
                    expected=f"no dose: {one.text} refers to the prescription, a physical dose",
                )
        prescription = self._prescription(table, needs, variant, at)
        if isinstance(metric, Schedule):
            tiers = self._schedule_tiers(tiers, self.prescriptions[prescription], at)
        if tiers["acceptable"] and not tiers["per_protocol"]:
            raise ProtocolSyntaxError(
                "acceptable without per_protocol", where=str(at), expected="both"
            )
        return Goal(
            id=table["id"],
            structure=self._structure(table, needs, prescription, at),
            metric=metric,
            per_protocol=tiers["per_protocol"],
            acceptable=tiers["acceptable"],
            source=self._source(table["source"], at.into("source")),
            prescription=prescription,
            dose=dose,
            alpha_beta_gy=self._alpha_beta(table, needs, at),
            # What is only reported does not decide, unless the file asks that it can be said.
            required=table.get("required", tiers["per_protocol"] is not None),
            variant=variant,
            when=self._condition(table.get("when"), at.into("when")),
            note=table.get("note", ""),
        )

    def _check_metric(self, metric: Metric, at: Place) -> None:
        if isinstance(metric, Inside | Margin):
            self._check_roles(metric.outer, at.into(metric.text))

    def _check_roles(self, expression: str, at: Place) -> tuple[str, ...]:
        names = expression_names(expression, self.roles, at)
        for name in names:
            declared(name, "structure", self.roles, at)
        in_all = sum(self.sizes[n] for n in leaves(parse_expression(expression, self.roles)))
        if in_all > MAX_NAMES:
            raise ExpressionError(
                f"an expression that stands for {in_all} names, with those of each else",
                where=str(at),
                expected=f"{MAX_NAMES} at most",
            )
        return names

    def _structure(
        self, table: Mapping[str, Any], needs: Needs, prescription: str, at: Place
    ) -> str:
        here = at.into("structure")
        text = str(table.get("structure", ""))
        if not needs & (Needs.DOSE | Needs.SOLID):
            target = self.prescriptions[prescription].target
            if text not in ("", target):
                raise ProtocolSyntaxError(
                    repr(text),
                    where=str(here),
                    expected=f"no structure: {table['metric']} is that of the target {target}",
                )
            return text
        if not text:
            raise ProtocolSyntaxError(
                "no structure", where=str(here), expected="a role or expression"
            )
        iterated = [n for n in self._check_roles(text, here) if self.roles[n].each]
        if len(iterated) > 1:
            raise ProtocolSyntaxError(
                f"{' and '.join(iterated)} in {text!r}",
                where=str(here),
                expected="at most one structure with each = true",
                hint="declare a second role without each for the union",
            )
        return text

    def _prescription(self, table: Mapping[str, Any], needs: Needs, variant: str, at: Place) -> str:
        here = at.into("prescription")
        # BED and EQD2 need the number of fractions, which may be the prescription's own.
        used = Needs.PRESCRIPTION in needs or "dose" in table
        if "prescription" in table:
            name = str(table["prescription"])
            if not used:
                raise ProtocolSyntaxError(
                    f"prescription {name!r}",
                    where=str(here),
                    expected=f"none: nothing in {table['metric']} and its limits refers to one",
                )
            chosen = self.prescriptions[declared(name, "prescription", self.prescriptions, here)]
            if chosen.variant not in ("", variant):
                raise ProtocolSyntaxError(
                    f"prescription {name!r} of variant {chosen.variant!r}",
                    where=str(here),
                    expected=f"a goal of that variant, not of {variant or 'all variants'}",
                )
            return name
        if Needs.PRESCRIPTION not in needs:
            return ""
        fitting = [p.name for p in self.prescriptions.values() if p.variant in ("", variant)]
        if len(fitting) != 1:
            raise ProtocolSyntaxError(
                f"no prescription for {table['metric']}",
                where=str(here),
                expected="the name of one of "
                + (", ".join(fitting) or "the [[prescription]] tables"),
            )
        return fitting[0]

    def _schedule_tiers(
        self, tiers: Mapping[str, Tier | None], prescription: ProtocolPrescription, at: Place
    ) -> dict[str, Tier | None]:
        for key, tier in tiers.items():
            if tier:
                raise ProtocolSyntaxError(
                    repr(tier.text),
                    where=str(at.into(key)),
                    expected="no limits: those of Schedule are the prescription's options",
                )
        made = {key: schedule_tier(prescription, acceptable=key == "acceptable") for key in tiers}
        if made["per_protocol"] is None:
            raise ProtocolSyntaxError(
                f"prescription {prescription.name!r} without options",
                where=str(at),
                expected="options for Schedule to judge by",
            )
        return made

    def _alpha_beta(self, table: Mapping[str, Any], needs: Needs, at: Place) -> float | None:
        here = at.into("alpha_beta")
        if "dose" in table and Needs.DOSE not in needs:
            raise ProtocolSyntaxError(
                repr(table["dose"]),
                where=str(at.into("dose")),
                expected=f"no dose: {table['metric']} is not measured in one",
            )
        used = Needs.ALPHA_BETA in needs or "dose" in table
        if "alpha_beta" not in table:
            if used:
                raise ProtocolSyntaxError(
                    "no alpha_beta", where=str(here), expected="such as '10 Gy'"
                )
            return None
        if not used:
            raise ProtocolSyntaxError(
                repr(table["alpha_beta"]),
                where=str(here),
                expected=f"no alpha_beta: {table['metric']} does not use it",
            )
        value = read_quantity(table["alpha_beta"], Dimension.DOSE, here).inside
        if value <= 0:
            raise ProtocolSyntaxError(
                repr(table["alpha_beta"]), where=str(here), expected="more than 0 Gy"
            )
        return value

    def _source(self, table: Mapping[str, str], at: Place) -> Source:
        declared(table["ref"], "source", self.sources, at.into("ref"))
        return Source(table["ref"], table["where"])

    def _condition(self, table: Mapping[str, str] | None, at: Place) -> Condition | None:
        if table is None:
            return None
        if len(table) != 1:
            raise ProtocolSyntaxError(
                repr(table), where=str(at), expected="either exists or prescribed"
            )
        if "exists" in table:
            return Condition(
                exists=declared(table["exists"], "structure", self.roles, at.into("exists"))
            )
        here = at.into("prescribed")
        name = declared(table["prescribed"], "prescription", self.prescriptions, here)
        return Condition(prescribed=name)
