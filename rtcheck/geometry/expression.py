"""Structure expressions: text to tree.

::

    expression = term { ("|" | "-") term }        union and subtraction, left to right
    term       = factor { "&" factor }            intersection binds tighter
    factor     = NAME | '"' any name '"' | "(" expression ")"
               | ("expand" | "contract") "(" expression "," margin ")"
               | "ring" "(" expression "," length "," length ")"
    margin     = length | ["axial" length] ["," "sup" length] ["," "inf" length]

A name that stands in the plan, or among the roles of a protocol, wins over every operator in it:
``Lungs-GTV`` is one ROI when the plan has an ROI of that name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NoReturn

from rtcheck.errors import ExpressionError
from rtcheck.units import NUMBER_PATTERN, Dimension, parse_quantity

MAX_DEPTH = 20
MAX_LENGTH = 1000
MAX_NAMES = 100
"""Limits on what an expression may be, so that no rule file can exhaust the reader."""

MAX_MARGIN_MM = 200.0
"""Of one margin, and of margins in each other together: work grows with the space they reach."""


@dataclass(frozen=True)
class Name:
    """A role or ROI name."""

    name: str


@dataclass(frozen=True)
class Combine:
    """Two expressions joined by ``|`` (union), ``&`` (intersection) or ``-`` (subtraction)."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Grow:
    """An expression expanded (or, with `contract`, contracted) by margins in mm."""

    of: Expression
    axial_mm: float
    superior_mm: float
    inferior_mm: float
    contract: bool = False


Expression = Name | Combine | Grow

_LENGTH = rf"{NUMBER_PATTERN}\s*(?:mm|cm)"
_FUNCTION = re.compile(r"(expand|contract|ring)\s*\(")
_OPERATORS = "|&-(),"
_AFTER_NAME = "|&-),"


def parse_expression(text: str, known_names: Collection[str] = ()) -> Expression:
    """Return the tree of a structure expression.

    Parameters
    ----------
    text : str
        Such as ``"Liver - GTV"`` or ``"expand(CTV, axial 5 mm, sup 10 mm, inf 10 mm)"``.
    known_names : collection of str
        Names that are taken whole even where they hold operators or blanks.

    Raises
    ------
    ExpressionError
        If the text cannot be read, with the column.

    Examples
    --------
    >>> parse_expression("Liver - GTV")
    Combine(operator='-', left=Name(name='Liver'), right=Name(name='GTV'))
    >>> parse_expression("Lungs-GTV", {"Lungs-GTV"})
    Name(name='Lungs-GTV')
    """
    if text.strip() in known_names:
        return Name(text.strip())
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"an expression of {len(text)} characters", expected=f"{MAX_LENGTH} at most"
        )
    parser = _Parser(text, sorted(known_names, key=len, reverse=True))
    tree = parser.expression(0)
    parser.blanks()
    if parser.at < len(text):
        parser.fail("an operator | & - or the end")
    return tree


def names_in(expression: Expression) -> tuple[str, ...]:
    """Return the names an expression holds, each once, in order of appearance."""
    return tuple(dict.fromkeys(leaves(expression)))


def leaves(expression: Expression) -> Iterator[str]:
    """Return the names an expression holds, as often as they stand in it."""
    if isinstance(expression, Name):
        yield expression.name
    elif isinstance(expression, Grow):
        yield from leaves(expression.of)
    else:
        yield from leaves(expression.left)
        yield from leaves(expression.right)


def to_text(expression: Expression) -> str:
    """Return an expression as text that reads back to the same tree.

    A name with a quotation mark in it reads back only where it is known.
    """
    if isinstance(expression, Name):
        plain = re.fullmatch(r"[A-Za-z0-9_.+~^*/ ]+", expression.name) and expression.name.strip()
        bare = plain == expression.name or '"' in expression.name
        return expression.name if bare else f'"{expression.name}"'
    if isinstance(expression, Combine):
        left, right = to_text(expression.left), to_text(expression.right)
        if isinstance(expression.left, Combine):
            left = f"({left})"
        if isinstance(expression.right, Combine):
            right = f"({right})"
        return f"{left} {expression.operator} {right}"
    verb = "contract" if expression.contract else "expand"
    a, s, i = expression.axial_mm, expression.superior_mm, expression.inferior_mm
    margin = f"{a:g} mm" if a == s == i else f"axial {a:g} mm, sup {s:g} mm, inf {i:g} mm"
    return f"{verb}({to_text(expression.of)}, {margin})"


def reach_mm(expression: Expression) -> float:
    """Return the sum of the margins that lie in each other, where it is greatest."""
    if isinstance(expression, Name):
        return 0.0
    if isinstance(expression, Combine):
        return max(reach_mm(expression.left), reach_mm(expression.right))
    margins = expression.axial_mm, expression.superior_mm, expression.inferior_mm
    return max(margins) + reach_mm(expression.of)


class _Parser:
    def __init__(self, text: str, known: list[str]) -> None:
        self.text, self.known, self.at, self.names = text, known, 0, 0

    def fail(self, expected: str) -> NoReturn:
        found = repr(self.text[self.at : self.at + 20]) if self.at < len(self.text) else "the end"
        raise ExpressionError(
            f"{found} in {self.text!r}", where=f"column {self.at + 1}", expected=expected
        )

    def count(self, names: int) -> None:
        self.names += names
        if self.names > MAX_NAMES:
            raise ExpressionError(
                f"an expression of more than {MAX_NAMES} names",
                where=f"column {self.at + 1}",
                expected=f"{MAX_NAMES} at most; a ring counts those in it twice",
            )

    def blanks(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def take(self, symbol: str) -> bool:
        self.blanks()
        if self.text.startswith(symbol, self.at):
            self.at += len(symbol)
            return True
        return False

    def need(self, symbol: str) -> None:
        if not self.take(symbol):
            self.fail(repr(symbol))

    def expression(self, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            self.fail(f"at most {MAX_DEPTH} nested parentheses")
        tree = self.term(depth)
        while True:
            if self.take("|"):
                tree = Combine("|", tree, self.term(depth))
            elif self.take("-"):
                tree = Combine("-", tree, self.term(depth))
            else:
                return tree

    def term(self, depth: int) -> Expression:
        tree = self.factor(depth)
        while self.take("&"):
            tree = Combine("&", tree, self.factor(depth))
        return tree

    def factor(self, depth: int) -> Expression:
        self.blanks()
        known = self.known_name()
        if known:
            self.count(1)
            return Name(known)
        function = _FUNCTION.match(self.text, self.at)
        if function:
            self.at = function.end()
            return self.function(function[1], depth)
        if self.take("("):
            tree = self.expression(depth + 1)
            self.need(")")
            return tree
        self.count(1)
        return Name(self.name())

    def known_name(self) -> str:
        for name in self.known:
            end = self.at + len(name)
            if self.text.startswith(name, self.at):
                rest = self.text[end:].lstrip()
                if not rest or rest[0] in _AFTER_NAME:
                    self.at = end
                    return name
        return ""

    def name(self) -> str:
        if self.take('"'):
            end = self.text.find('"', self.at)
            if end < 0:
                self.fail("a closing quotation mark")
            name, self.at = self.text[self.at : end], end + 1
        else:
            start = self.at
            while self.at < len(self.text) and self.text[self.at] not in _OPERATORS + '"':
                self.at += 1
            name = self.text[start : self.at].strip()
        if not name:
            self.fail("a structure name")
        return name

    def length(self) -> float:
        self.blanks()
        match = re.compile(_LENGTH).match(self.text, self.at)
        if match is None:
            self.fail("a length such as 5 mm")
        self.at = match.end()
        mm = parse_quantity(match[0], Dimension.LENGTH).inside
        if not 0 <= mm <= MAX_MARGIN_MM:
            raise self.too_far(f"a margin of {mm:g} mm")
        return mm

    def too_far(self, found: str) -> ExpressionError:
        return ExpressionError(found, where=self.text, expected=f"0 to {MAX_MARGIN_MM:g} mm")

    def grown(
        self, of: Expression, axial_mm: float, up_mm: float, down_mm: float, contract: bool = False
    ) -> Grow:
        tree = Grow(of, axial_mm, up_mm, down_mm, contract)
        if reach_mm(tree) > MAX_MARGIN_MM:
            raise self.too_far(f"margins of {reach_mm(tree):g} mm in each other")
        return tree

    def function(self, verb: str, depth: int) -> Expression:
        before = self.names
        of = self.expression(depth + 1)
        self.need(",")
        if verb == "ring":
            self.count(self.names - before)
            inner = self.length()
            self.need(",")
            outer = self.length()
            self.need(")")
            if not inner < outer:
                raise ExpressionError(
                    f"a ring from {inner:g} to {outer:g} mm",
                    where=self.text,
                    expected="the inner margin first",
                )
            return Combine(
                "-", self.grown(of, outer, outer, outer), self.grown(of, inner, inner, inner)
            )
        margins: dict[str, float] = {}
        while True:
            self.blanks()
            word = re.compile(r"(axial|sup|inf)\s+").match(self.text, self.at)
            if word is None and not margins:
                mm = self.length()
                margins = {"axial": mm, "sup": mm, "inf": mm}
                break
            if word is None or word[1] in margins:
                self.fail("axial, sup or inf, each once")
            self.at = word.end()
            margins[word[1]] = self.length()
            if not self.take(","):
                break
        self.need(")")
        a, s, i = (margins.get(key, 0.0) for key in ("axial", "sup", "inf"))
        return self.grown(of, a, s, i, verb == "contract")
