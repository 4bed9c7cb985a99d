"""What all plans of a batch are checked with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtcheck.batch.choose import Chooser, load_chooser
from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from rtcheck.protocol import Protocol


@dataclass(frozen=True)
class Settings:
    """What all plans of a batch are checked with.

    Parameters
    ----------
    protocols : tuple of (Protocol, str)
        Rules and variant; every plan is checked against each, unless `chooser` decides.
    created : str
        The date that reports bear.
    chooser : Chooser, optional
        Chooses the protocols of each plan.
    structure_map, aliases, rx, geometry, second_engine
        As for `rtcheck.check`.
    html : bool
        Whether to write each report as a page too.
    """

    protocols: tuple[tuple[Protocol, str], ...]
    created: str
    chooser: Chooser | None = None
    structure_map: Mapping[str, Sequence[str]] = field(default_factory=dict)
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rx: tuple[str, ...] = ()
    geometry: str = "smooth"
    second_engine: str | None = None
    html: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return the settings in words, for the dataset."""
        import rtcheck

        every = self.chooser.protocols() if self.chooser else self.protocols
        return {
            "rtcheck": rtcheck.__version__,
            "protocols": [
                {"id": p.id, "version": p.version, "sha256": p.sha256, "variant": variant}
                for p, variant in every
            ],
            "protocol_for": self.chooser.sha256 if self.chooser else "",
            "map": {role: list(names) for role, names in sorted(self.structure_map.items())},
            "aliases": {role: list(names) for role, names in sorted(self.aliases.items())},
            "rx": list(self.rx),
            "geometry": self.geometry,
            "second_engine": self.second_engine or "",
            "date": self.created,
            "html": self.html,
        }

    def key(self) -> str:
        """Return the hash of the settings, the rules and the version of rtcheck."""
        text = json.dumps(self.as_dict(), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def settings_of(
    references: Sequence[str | Path],
    *,
    created: str,
    protocol_for: str | Path | None = None,
    structure_map: Mapping[str, Sequence[str]] | None = None,
    aliases: Mapping[str, Sequence[str]] | None = None,
    rx: Iterable[str] = (),
    geometry: str = "smooth",
    second_engine: str | None = None,
    html: bool = True,
) -> Settings:
    """Return the settings of a batch, everything that is wrong for all plans having been refused.

    Raises
    ------
    UsageError, ProtocolError
        If it is.
    """
    from rtcheck.open_plan import model_named, require_engine
    from rtcheck.plan import parse_prescription
    from rtcheck.protocol import load_protocol, split_reference
    from rtcheck.protocol.lint import require_sound

    if bool(references) == bool(protocol_for):
        raise UsageError(
            "both --protocol and --protocol-for" if references else "no protocol",
            expected="-p PROTOCOL, or --protocol-for RULES.toml",
            hint="See rtcheck protocol list",
        )
    model_named(geometry)
    rx = tuple(rx)
    for text in rx:
        parse_prescription(text)
    if second_engine is not None:
        require_engine(second_engine)
    protocols = []
    for reference in dict.fromkeys(map(str, references)):
        rules, variant = load_protocol(reference), split_reference(reference)[1]
        require_sound(rules)
        if variant and variant not in rules.variants:
            known = ", ".join(rules.variants) or "none"
            raise UsageError(f"variant {variant!r} of {rules.id}", expected=f"one of: {known}")
        protocols.append((rules, variant))
    chooser = load_chooser(protocol_for) if protocol_for else None
    return Settings(
        tuple(protocols),
        created,
        chooser,
        structure_map or {},
        aliases or {},
        rx,
        geometry,
        second_engine,
        html,
    )
