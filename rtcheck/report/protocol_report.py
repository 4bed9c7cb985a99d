"""A protocol laid out for reading: goals with their limits, structures, prescriptions, sources."""

from __future__ import annotations

from rtcheck.protocol import Goal, Protocol, Role
from rtcheck.report.grid import Column, Grid, Row
from rtcheck.report.layout import Blank, Element, Facts, Paragraph, Tone
from rtcheck.report.text_rows import unbroken


def protocol_layout(protocol: Protocol) -> list[Element]:
    """Return a protocol laid out."""
    p = protocol
    facts = [
        ("Protocol", f"{p.id} {p.version} ({p.status.value})"),
        ("Title", p.title),
        ("Site", p.site),
        ("Variants", ", ".join(f"{p.id}@{variant}" for variant in p.variants)),
        ("sha256", p.sha256),
        ("File", p.path),
    ]
    elements: list[Element] = [Facts([pair for pair in facts if pair[1]])]
    elements += [Blank(), Paragraph(f"Goals ({len(p.goals)})", Tone.STRONG)]
    elements.append(Grid(_GOAL_COLUMNS, [_goal_row(goal) for goal in p.goals]))
    if p.prescriptions:
        elements += [Blank(), Paragraph("Prescriptions", Tone.STRONG)]
        columns = (Column("Name", tone=Tone.STRONG), Column("Target"), Column("Allowed"))
        rows = []
        for rx in p.prescriptions:
            options = "\n".join(o.text for o in rx.options) or "not limited"
            rows.append(Row((rx.name, rx.target, options)))
        elements.append(Grid(columns, rows))
    if p.roles:
        elements += [Blank(), Paragraph("Structures and their names", Tone.STRONG)]
        elements.append(Facts([(f"  {r.name}", _recognised(r)) for r in p.roles.values()]))
    if p.checklist:
        elements += [Blank(), Paragraph("For a person to sign", Tone.STRONG)]
        elements += [Paragraph(item, lead="[ ] ", indent=1) for item in p.checklist]
    elements += [Blank(), Paragraph("Sources", Tone.STRONG)]
    for key, source in p.sources.items():
        where = f"https://doi.org/{source.doi}" if source.doi else source.url
        text = " ".join(filter(None, (source.cite, where)))
        elements.append(Paragraph(text, lead=f"[{key}] ", indent=1))
    return elements


_GOAL_COLUMNS = (
    Column("Goal", tone=Tone.STRONG),
    Column("Structure"),
    Column("Metric"),
    Column("Limit"),
    Column("Source", spills=True),
)


def _goal_row(goal: Goal) -> Row:
    dose = "" if goal.dose == "physical" else f" in {goal.dose}"
    limits = [unbroken(goal.per_protocol.text)] if goal.per_protocol else []
    limits += [f"acceptable {unbroken(goal.acceptable.text)}"] if goal.acceptable else []
    notes = []
    if goal.prescription and not goal.structure:
        notes.append(f"Prescription: {goal.prescription}.")
    if goal.alpha_beta_gy is not None:
        notes.append(f"alpha/beta {goal.alpha_beta_gy:g} Gy.")
    if goal.variant:
        notes.append(f"Only in variant {goal.variant}.")
    if goal.when:
        condition = goal.when
        notes.append(
            f"Only if there is a {condition.exists}."
            if condition.exists
            else f"Only if {condition.prescribed} is prescribed."
        )
    if limits and not goal.required:
        notes.append("Shown only: it does not decide.")
    notes += [goal.note] if goal.note else []
    cells = (
        goal.id,
        goal.structure,
        f"{goal.metric.text}{dose}",
        "\n".join(limits),
        f"[{goal.source.ref}], {goal.source.where}",
    )
    return Row(cells, ((" ".join(notes), Tone.QUIET),) if notes else ())


def _recognised(role: Role) -> str:
    parts = [role.tg263] if role.tg263 else []
    parts += role.aliases
    if role.match:
        parts.append(f"every {role.match}")
    if role.except_match:
        parts.append(f"but not {', '.join(role.except_match)}")
    text = ", ".join(parts)
    if role.otherwise:
        text += f"; else {role.otherwise}"
    return f"{text}; each by itself" if role.each else text
