"""Which protocols a plan is checked against: rules on label, folder, structures, prescription."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from rtcheck.errors import ProtocolError, ProtocolSyntaxError
from rtcheck.units import Dimension, parse_quantity

if TYPE_CHECKING:
    from rtcheck.api import OpenPlan
    from rtcheck.protocol import Protocol

_CONDITIONS = ("label", "folder", "structure", "prescription", "fractions")
_TOLERANCE_GY = 0.005
"""Half of the last digit a prescription is written with."""


@dataclass(frozen=True)
class Choice:
    """One rule: the protocols of every plan for which all its conditions hold.

    Parameters
    ----------
    protocols : tuple of (Protocol, str)
        Rules and variant.
    label, folder, structure : str
        Patterns with ``*``, in any case; empty: any.
    prescription_gy : float or None
        Total dose of some prescription of the plan.
    fractions : int or None
        Fractions of the plan.
    """

    protocols: tuple[tuple[Protocol, str], ...]
    label: str = ""
    folder: str = ""
    structure: str = ""
    prescription_gy: float | None = None
    fractions: int | None = None

    def fits(self, plan: OpenPlan, files: Sequence[str]) -> bool:
        """Return whether all conditions hold for a plan that lies in these files."""
        stated = {rx.dose_gy for rx in plan.prescriptions}
        return (
            _any_like(self.label, [plan.label])
            and _any_like(self.folder, files)
            and _any_like(self.structure, [s.roi_name for s in plan.structures])
            and (
                self.prescription_gy is None
                or any(abs(dose - self.prescription_gy) <= _TOLERANCE_GY for dose in stated)
            )
            and self.fractions in (None, plan.record.number_of_fractions_planned)
        )


def _any_like(pattern: str, names: Iterable[str]) -> bool:
    return not pattern or any(fnmatchcase(n.casefold(), pattern.casefold()) for n in names)


@dataclass(frozen=True)
class Chooser:
    """Rules in order: the first that fits a plan decides.

    Parameters
    ----------
    choices : tuple of Choice
        At least one.
    sha256 : str
        Hash of the file they stand in.
    """

    choices: tuple[Choice, ...]
    sha256: str

    def protocols(self) -> tuple[tuple[Protocol, str], ...]:
        """Return every protocol that some plan could be checked against, each once."""
        named = {(p.id, v, p.sha256): (p, v) for c in self.choices for p, v in c.protocols}
        return tuple(named.values())

    def choose(self, plan: OpenPlan, files: Sequence[str]) -> tuple[tuple[Protocol, str], ...]:
        """Return the protocols of a plan.

        Raises
        ------
        ProtocolError
            If no rule fits it: a plan that nobody has rules for is not passed over.
        """
        for choice in self.choices:
            if choice.fits(plan, files):
                return choice.protocols
        raise ProtocolError(
            "no rule of --protocol-for fits the plan",
            hint="Add a rule without conditions at the end for all other plans",
        )


def load_chooser(path: str | Path) -> Chooser:
    """Return the rules of a TOML file of ``[[rule]]`` tables.

    Raises
    ------
    ProtocolError
        If the file cannot be read, is not of that form, or names a protocol that there is not.
    """
    from rtcheck.protocol.toml import parse_toml, read_bytes

    path = Path(path)
    content = read_bytes(path)
    table = parse_toml(content, path.name)
    rules = table.get("rule")
    if set(table) != {"rule"} or not isinstance(rules, list) or not rules:
        raise ProtocolSyntaxError(
            "no list of rules", where=path.name, expected="[[rule]] tables and nothing else"
        )
    choices = tuple(_choice(rule, f"{path.name}: {i}", path) for i, rule in enumerate(rules, 1))
    return Chooser(choices, hashlib.sha256(content).hexdigest())


def _choice(rule: object, where: str, path: Path) -> Choice:
    from rtcheck.protocol import load_protocol, split_reference
    from rtcheck.protocol.fields import did_you_mean
    from rtcheck.protocol.lint import require_sound

    known = ("protocol", *_CONDITIONS)
    if not isinstance(rule, dict) or "protocol" not in rule:
        raise ProtocolSyntaxError("a rule without a protocol", where=where, expected="protocol")
    for key in rule:
        if key not in known:
            hint = did_you_mean(key, known)
            raise ProtocolSyntaxError(f"the key {key!r}", where=where, hint=hint)
    references = rule["protocol"] if isinstance(rule["protocol"], list) else [rule["protocol"]]
    protocols = []
    for reference in references:
        beside = path.parent / str(reference)
        named = str(beside) if str(reference).endswith(".toml") else str(reference)
        protocol, variant = load_protocol(named), split_reference(named)[1]
        require_sound(protocol)
        protocols.append((protocol, variant))
    for key in ("label", "folder", "structure", "prescription"):
        if not isinstance(rule.get(key, ""), str):
            raise ProtocolSyntaxError(repr(rule[key]), where=f"{where}: {key}", expected="text")
    fractions = rule.get("fractions")
    if fractions is not None and (not isinstance(fractions, int) or isinstance(fractions, bool)):
        raise ProtocolSyntaxError(
            repr(fractions), where=f"{where}: fractions", expected="a whole number"
        )
    dose = rule.get("prescription")
    dose_gy = parse_quantity(dose, Dimension.DOSE, where=where).inside if dose else None
    patterns = {key: str(rule.get(key, "")) for key in ("label", "folder", "structure")}
    return Choice(tuple(protocols), **patterns, prescription_gy=dose_gy, fractions=fractions)
