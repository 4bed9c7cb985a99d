"""``rtcheck inspect``: what is in an export, how it links, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from rtcheck.cli.exits import OK, UNREADABLE, say
from rtcheck.cli.inputs import sources_of
from rtcheck.cli.options import geometry_option, limit_option, output_option, plan_option
from rtcheck.cli.output import check_targets, deliver, show
from rtcheck.errors import DicomError, GeometryError

if TYPE_CHECKING:
    from rtcheck.api import OpenPlan
    from rtcheck.protocol import Protocol
    from rtcheck.report.inspect_report import InspectReport, RoleFacts
    from rtcheck.report.layout import Element


@click.command(short_help="What is in an export, and what is wrong with it.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-p",
    "--protocol",
    "references",
    multiple=True,
    metavar="PROTOCOL",
    help="Match names for this protocol, and show which of its structures are missing.",
)
@plan_option
@geometry_option
@limit_option
@output_option("--json", "all of it")
def inspect(
    paths: tuple[str, ...],
    references: tuple[str, ...],
    plan_wanted: str | None,
    geometry: str,
    limits: tuple[str, ...],
    json_to: str | None,
) -> int:
    """Show what an export holds: files and links, prescriptions, dose grid, ROIs, findings.

    Each ROI is shown with the structures it would be taken for, in the protocols that come with
    rtcheck or in those named with -p. Nothing is judged.

    Exit code: 0 if nothing is in the way of a check, 3 if a finding blocks or nothing can be
    read, 2 wrong usage.
    """
    import rtcheck
    from rtcheck.dicom.limits import Limits
    from rtcheck.protocol import list_protocols, load_protocol
    from rtcheck.report.inspect_report import inspect_layout, write_inspect_json
    from rtcheck.report.layout import Blank

    people = check_targets({"--json": json_to}, paths)
    allowed = Limits.of(limits)
    named = [load_protocol(reference) for reference in dict.fromkeys(references)]
    protocols = named or list_protocols()
    reports: list[InspectReport] = []
    unreadable: list[dict[str, object]] = []
    for source in sources_of(paths):
        try:
            plans = rtcheck.read_all(
                *source.paths, plan=plan_wanted, geometry=geometry, limits=allowed, jobs=None
            )
        except (DicomError, GeometryError) as error:
            say(f"Error: {source.title}: {error}")
            unreadable.append({"argument": source.argument, "error": str(error)})
            continue
        reports += [_inspected(plan, source.title, protocols, bool(named)) for plan in plans]
    if json_to:
        deliver(json_to, write_inspect_json(reports, unreadable))
    elements: list[Element] = []
    for report in reports:
        elements += [*([Blank(), Blank()] if elements else []), *inspect_layout(report)]
    show(elements, people)
    blocked = unreadable or any(report.is_blocked for report in reports)
    return UNREADABLE if blocked else OK


def _inspected(
    plan: OpenPlan, title: str, protocols: Sequence[Protocol], roles_too: bool
) -> InspectReport:
    import rtcheck
    from rtcheck.report.inspect_report import InspectReport, RoiFacts, RoleOfRoi

    matches = rtcheck.role_matches(plan, protocols)
    rois = []
    plan.measure_ahead()
    for structure in plan.structures:
        roles = [RoleOfRoi(*match) for match in matches[structure.roi_number]]
        rois.append(RoiFacts.of(structure, _volume_cm3(plan, structure.roi_number), roles))
    roles_of = [r for p in protocols for r in _roles(plan, p)] if roles_too else []
    findings = plan.findings + plan.bench.findings()
    return InspectReport(title, plan.record, tuple(rois), findings, tuple(roles_of))


def _volume_cm3(plan: OpenPlan, roi_number: int) -> float | None:
    from rtcheck.errors import CannotSay
    from rtcheck.metrics.bench import roi

    try:
        return plan.bench.volume_cm3(roi(roi_number))
    except CannotSay:
        return None


def _roles(plan: OpenPlan, protocol: Protocol) -> list[RoleFacts]:
    from rtcheck.protocol import match_roles
    from rtcheck.report.inspect_report import RoleFacts, matched_words

    facts = []
    for role, match in match_roles(protocol, plan.structures).items():
        rois = tuple(f"{c.roi_name} ({matched_words(str(c.matched_by))})" for c in match.found)
        remarks = [match.detail] if match.detail else []
        otherwise = protocol.roles[role].otherwise
        if not match.found and not match.ambiguous and otherwise:
            remarks = [f"taken as {otherwise}"]
        if match.suggestions:
            near = " or ".join(map(repr, match.suggestions))
            remarks.append(f"perhaps {near}: --map {role}=ROI")
        facts.append(RoleFacts(protocol.id, role, rois, "; ".join(remarks)))
    return facts
