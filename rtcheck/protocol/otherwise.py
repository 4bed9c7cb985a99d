"""How far the ``else`` of a role leads: no circles, few steps, and not to more than can be held."""

from __future__ import annotations

from collections.abc import Mapping

from rtcheck.errors import ProtocolSyntaxError
from rtcheck.geometry.expression import MAX_NAMES, leaves, parse_expression
from rtcheck.protocol.fields import Place
from rtcheck.protocol.goal import Role

MAX_ELSE_DEPTH = 5
"""How often an ``else`` may lead to a role with an ``else`` of its own."""


def stands_for(roles: Mapping[str, Role], at: Place) -> dict[str, int]:
    """Return for each role the greatest number of names that can come to stand in its place.

    Parameters
    ----------
    roles : mapping of str to Role
        The roles of a rule file.
    at : Place
        Where they stand.

    Raises
    ------
    ProtocolSyntaxError
        If roles stand in for each other in a circle, or lead too far or to too many names.
    """
    reach: dict[str, tuple[int, int]] = {}
    for name in roles:
        _reach(name, roles, (), reach, at)
    return {name: number for name, (number, _) in reach.items()}


def _reach(
    name: str,
    roles: Mapping[str, Role],
    passed: tuple[str, ...],
    reach: dict[str, tuple[int, int]],
    at: Place,
) -> tuple[int, int]:
    """Return how many names a role may come to, and over how many steps."""
    if name in passed:
        raise ProtocolSyntaxError(
            "roles that stand in for each other in a circle: " + " → ".join((*passed, name)),
            where=str(at),
            expected="else to name other roles",
        )
    if name not in reach:
        number, steps = 1, 0
        if roles[name].otherwise and len(passed) <= MAX_ELSE_DEPTH:
            number = 0
            for other in leaves(parse_expression(roles[name].otherwise, known_names=roles)):
                more, further = _reach(other, roles, (*passed, name), reach, at)
                number, steps = number + more, max(steps, further + 1)
        if number > MAX_NAMES or max(steps, len(passed)) > MAX_ELSE_DEPTH:
            raise ProtocolSyntaxError(
                "an else that leads from role to role too far",
                where=str(at.into(passed[0] if passed else name)),
                expected=f"{MAX_NAMES} names in {MAX_ELSE_DEPTH} steps at most",
            )
        reach[name] = number, steps
    return reach[name]
