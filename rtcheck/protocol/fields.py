"""Strict kinds of TOML values: each checks a value and writes its own JSON Schema.

The rule language (`rtcheck.protocol.language`) and the language of cases files are tables of
these, so that the reader and the published schema cannot disagree.
"""

from __future__ import annotations

import difflib
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from rtcheck.errors import ProtocolSyntaxError, UnknownFieldError


@dataclass(frozen=True)
class Place:
    """A place in a file, for error messages.

    Examples
    --------
    >>> str(Place("lung.toml").into("goal 'v20'").into("per_protocol"))
    "lung.toml: goal 'v20': per_protocol"
    """

    file: str
    path: tuple[str, ...] = ()

    def into(self, step: str) -> Place:
        """Return the place one step further in."""
        return Place(self.file, (*self.path, step))

    def __str__(self) -> str:
        return ": ".join((self.file, *self.path))


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return a hint: the known word that `word` is nearest to, else all known words.

    Examples
    --------
    >>> did_you_mean("requierd", ["required", "metric"])
    'did you mean required?'
    """
    spellings = {k.lower(): k for k in known}
    near = difflib.get_close_matches(word.lower(), spellings, n=1, cutoff=0.6)
    if near:
        return f"did you mean {spellings[near[0]]}?"
    return "Known: " + ", ".join(known) if known else "None is declared"


class Kind(ABC):
    """What a value must be."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) of the kind."""

    @abstractmethod
    def check(self, value: object, at: Place) -> None:
        """Return quietly if the value is of this kind.

        Raises
        ------
        ProtocolSyntaxError
            If it is not.
        UnknownFieldError
            If a table has a key that does not exist.
        """


def wrong(value: object, at: Place, expected: str, hint: str = "") -> ProtocolSyntaxError:
    """Return the error for a value that is not what was expected."""
    shown = repr(value)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return ProtocolSyntaxError(shown, where=str(at), expected=expected, hint=hint)


@dataclass(frozen=True)
class Text(Kind):
    """Text, not blank; perhaps of a pattern (said in words) or one of a few words."""

    pattern: str = ""
    words: str = "text"
    choices: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        if self.choices:
            return {"type": "string", "enum": list(self.choices)}
        return {"type": "string", "pattern": f"^(?:{self.pattern})$" if self.pattern else r"\S"}

    def check(self, value: object, at: Place) -> None:
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                hint = did_you_mean(value, self.choices) if isinstance(value, str) else ""
                raise wrong(value, at, "one of " + ", ".join(self.choices), hint)
        elif not isinstance(value, str) or not re.fullmatch(self.pattern or r"(?s).*\S.*", value):
            raise wrong(value, at, self.words)


@dataclass(frozen=True)
class Flag(Kind):
    """True or false."""

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def check(self, value: object, at: Place) -> None:
        if not isinstance(value, bool):
            raise wrong(value, at, "true or false, without quotation marks")


@dataclass(frozen=True)
class Number(Kind):
    """A plain number; with `whole` an integer; at least `least`."""

    least: float | None = None
    whole: bool = False
    only: int | None = None

    def schema(self) -> dict[str, Any]:
        if self.only is not None:
            return {"const": self.only}
        bound = {} if self.least is None else {"minimum": self.least}
        return {"type": "integer" if self.whole else "number", **bound}

    def check(self, value: object, at: Place) -> None:
        kinds = (int,) if self.whole else (int, float)
        good = isinstance(value, kinds) and not isinstance(value, bool) and abs(value) < 1e9
        if self.only is not None:
            if not good or value != self.only:
                raise wrong(value, at, str(self.only))
        elif not good or (self.least is not None and value < self.least):  # type: ignore[operator]
            bound = "" if self.least is None else f" of at least {self.least:g}"
            raise wrong(value, at, ("a whole number" if self.whole else "a number") + bound)


@dataclass(frozen=True)
class Many(Kind):
    """A list of values of one kind; of `exactly` so many, else of at least one."""

    of: Kind
    exactly: int | None = None

    def schema(self) -> dict[str, Any]:
        count: dict[str, Any] = {"minItems": self.exactly or 1}
        if self.exactly:
            count["maxItems"] = self.exactly
        return {"type": "array", "items": self.of.schema(), **count}

    def check(self, value: object, at: Place) -> None:
        if not isinstance(value, list) or not value:
            raise wrong(value, at, f"a list of {self.exactly}" if self.exactly else "a list")
        if self.exactly and len(value) != self.exactly:
            raise wrong(value, at, f"a list of {self.exactly}")
        for i, item in enumerate(value):
            self.of.check(item, _item_place(at, item, i))


def _item_place(at: Place, item: object, index: int) -> Place:
    # [[goal]] number 3 with id "v20" is "goal 'v20'"; what has no name is counted from 1.
    key = at.path[-1] if at.path else "item"
    name = (item.get("id") or item.get("name")) if isinstance(item, dict) else None
    label = f"{key} {name!r}" if isinstance(name, str) and name else f"{key} number {index + 1}"
    return Place(at.file, (*at.path[:-1], label))


@dataclass(frozen=True)
class Either(Kind):
    """A value of one of several kinds, told apart by their TOML type."""

    kinds: tuple[Kind, ...]
    words: str

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [kind.schema() for kind in self.kinds]}

    def check(self, value: object, at: Place) -> None:
        last: ProtocolSyntaxError | None = None
        for kind in self.kinds:
            try:
                return kind.check(value, at)
            except ProtocolSyntaxError as error:
                last = error
        raise wrong(value, at, self.words, last.hint if last else "")


@dataclass(frozen=True)
class Key:
    """One key of a table: the kind of its value and what it means, in one sentence."""

    kind: Kind
    doc: str
    needed: bool = False


@dataclass(frozen=True)
class Table(Kind):
    """A table with these keys and no others."""

    keys: Mapping[str, Key]

    def schema(self) -> dict[str, Any]:
        properties = {
            name: {"description": key.doc, **key.kind.schema()} for name, key in self.keys.items()
        }
        needed = [name for name, key in self.keys.items() if key.needed]
        required = {"required": needed} if needed else {}
        return {
            "type": "object",
            "properties": properties,
            **required,
            "additionalProperties": False,
        }

    def check(self, value: object, at: Place) -> None:
        if not isinstance(value, dict):
            raise wrong(value, at, "a table")
        for name in value:
            if name not in self.keys:
                raise UnknownFieldError(
                    f"unknown key {name!r}",
                    where=str(at.into(name)),
                    expected="one of " + ", ".join(self.keys),
                    hint=did_you_mean(name, self.keys),
                )
        for name, key in self.keys.items():
            if key.needed and name not in value:
                raise ProtocolSyntaxError(
                    f"no {name}", where=str(at), expected=f"{name}: {key.doc}"
                )
        for name, item in value.items():
            self.keys[name].kind.check(item, at.into(name))


@dataclass(frozen=True)
class Named(Kind):
    """A table whose keys are names that the file chooses."""

    of: Kind
    name: Text

    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "propertyNames": self.name.schema(),
            "additionalProperties": self.of.schema(),
        }

    def check(self, value: object, at: Place) -> None:
        if not isinstance(value, dict):
            raise wrong(value, at, "a table")
        for name, item in value.items():
            self.name.check(name, at)
            self.of.check(item, at.into(name))
