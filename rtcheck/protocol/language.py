"""The rule language: every key a rule file may have, its kind and its meaning. One table."""

from __future__ import annotations

from rtcheck.protocol.fields import Either, Flag, Key, Many, Named, Number, Table, Text

_ID = Text(r"[A-Za-z0-9][A-Za-z0-9._-]*", "letters, digits, '.', '_' and '-', such as lung-v20")
_ROLE = Text(
    r"[^\s\"=|&(),](?:[^\"=|&(),\n\r\t]*[^\s\"=|&(),])?",
    'a structure name without any of " = | & ( ) ,',
)
_TEXT = Text()
_TEXTS = Many(_TEXT)
_LIMITS = Text(words="a comparison, a number and its unit, such as '<= 30 %'")

_SOURCE = Table(
    {
        "cite": Key(_TEXT, "The document, as one would cite it.", needed=True),
        "doi": Key(Text(r"10\.\S+/\S+", "a DOI such as 10.1016/j.jhepr.2024.101287"), "Its DOI."),
        "url": Key(Text(r"https?://\S+", "an address that begins with https://"), "Its address."),
    }
)

_RANGE_WORDS = "a quantity, 'low..high', or a comparison, such as '50 Gy', '44..66 Gy', '<= 2 Gy'"

_OPTION = Table(
    {
        "dose": Key(Text(words=_RANGE_WORDS), "Total dose: one dose or a range."),
        "fractions": Key(
            Either(
                (Number(1, whole=True), Many(Number(1, whole=True)), Text(words="a range")),
                "a number of fractions, a list of them, or a range such as '22..33'",
            ),
            "Number of fractions: one, a list, or a range.",
        ),
        "dose_per_fraction": Key(
            Text(words=_RANGE_WORDS), "Dose per fraction: one, a range, a limit."
        ),
        "for": Key(_ROLE, "Role of the targets this option speaks of; without it, of all."),
        "tier": Key(
            Text(choices=("per_protocol", "acceptable")),
            "Whether keeping this option is per protocol (default) or an acceptable variation.",
        ),
    }
)

_PRESCRIPTION = Table(
    {
        "name": Key(_ROLE, "Its name in goals.", needed=True),
        "target": Key(_ROLE, "Role of the target it is prescribed to.", needed=True),
        "variant": Key(_ID, "The variant it belongs to; without it, all."),
        "options": Key(Many(_OPTION), "The schedules the protocol allows, any one of them."),
    }
)

_STRUCTURE = Table(
    {
        "tg263": Key(
            _TEXT, "Its TG-263 name; the role's own name if neither this nor match is given."
        ),
        "aliases": Key(
            _TEXTS, "Further names: exact first, then without regard to case and blanks."
        ),
        "match": Key(_TEXT, "Glob such as PTV*: every ROI it takes belongs to the role."),
        "except": Key(
            Either((_TEXT, _TEXTS), "a glob or a list of globs"), "What match must not take."
        ),
        "each": Key(Flag(), "Whether a goal on the role holds for each of its ROIs by itself."),
        "else": Key(_TEXT, "Structure expression to use when no ROI has the role."),
    }
)

_WHEN = Table(
    {
        "exists": Key(_ROLE, "Role that some ROI must have."),
        "prescribed": Key(_ROLE, "Prescription that the plan must have one of its own for."),
    }
)

_GOAL_SOURCE = Table(
    {
        "ref": Key(_TEXT, "Key in [sources].", needed=True),
        "where": Key(_TEXT, "Section, table or page in it.", needed=True),
    }
)

GOAL = Table(
    {
        "id": Key(_ID, "Unique in the file, stable for ever.", needed=True),
        "structure": Key(_TEXT, "Role, or expression of roles; not needed for prescription facts."),
        "metric": Key(_TEXT, "What is measured, such as V20Gy[%].", needed=True),
        "per_protocol": Key(_LIMITS, "Limits of the goal; without it the value is only reported."),
        "acceptable": Key(_LIMITS, "Limits of an acceptable variation; may name other metrics."),
        "required": Key(Flag(), "Whether the goal decides (default: if it has limits)."),
        "prescription": Key(_ROLE, "The prescription that percent doses and Rx metrics refer to."),
        "dose": Key(
            Text(choices=("BED", "EQD2")), "Measure in BED or EQD2 instead of physical dose."
        ),
        "alpha_beta": Key(
            _TEXT, "Alpha/beta ratio, such as '10 Gy'; for BED, EQD2 and equivalents."
        ),
        "variant": Key(_ID, "The variant it belongs to; without it, all."),
        "when": Key(_WHEN, "When the goal applies; otherwise it is 'not applicable'."),
        "source": Key(_GOAL_SOURCE, "Where the rule comes from.", needed=True),
        "note": Key(_TEXT, "The reading chosen, where the source leaves one open."),
    }
)

PROTOCOL = Table(
    {
        "schema": Key(Number(only=1), "Version of the rule language.", needed=True),
        "id": Key(_ID, "Stable for ever; the file's name without .toml.", needed=True),
        "version": Key(
            Text(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?", "a semantic version such as 1.0.0"),
            "A changed limit is a new version.",
            needed=True,
        ),
        "status": Key(
            Text(choices=("draft", "reviewed", "withdrawn")), "How far it has come.", needed=True
        ),
        "title": Key(_TEXT, "What it is, in a line.", needed=True),
        "site": Key(_TEXT, "Body site; without it the name of the folder."),
        "variants": Key(Many(_ID), "Names of its variants; one is chosen with id@variant."),
        "checklist": Key(_TEXTS, "What a person signs; printed, never evaluated."),
        "sources": Key(Named(_SOURCE, _ID), "The documents the rules come from.", needed=True),
        "prescription": Key(Many(_PRESCRIPTION), "The prescriptions the rules speak of."),
        "structures": Key(Named(_STRUCTURE, _ROLE), "The structures the rules speak of."),
        "goal": Key(Many(GOAL), "The rules.", needed=True),
    }
)
