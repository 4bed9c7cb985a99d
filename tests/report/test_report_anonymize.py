"""A report that names nobody: what is masked, what stays, and that the default masks nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum

import numpy as np
import pytest
from handmade import BROKEN, KEPT, full_report, report_of

from rtcheck.plan import Finding, Identity, Plan, Prescription, Severity, Structure
from rtcheck.report.anonymize import REMOVED, UID_REMOVED, anonymized
from rtcheck.report.record import Curve, Picture, Report
from rtcheck.verdict import Evidence, Found

UID = "1.2.826.0.1.3680043.8.498.63746573408470727864184286138"
NOWHERE = np.zeros((0, 3))


def plan_of(*roi_names: str, names: tuple[str, ...] = ("Smith", "Li"), **known: object) -> Plan:
    structures = tuple(
        Structure(i, name, NOWHERE, np.zeros(1, dtype=int), "", "", None)
        for i, name in enumerate(roi_names, 1)
    )
    identity = Identity(
        names,
        ("ID-4711", "ID4711", "19570321"),
        (UID, "2.16.1"),
        {"smith/plan.dcm": "RT Plan", "1": "RT Dose"},
    )
    prescriptions = (Prescription("PTV", 50.0, 25),)
    return Plan("Smith", structures, None, prescriptions, identity=lambda: identity, **known)  # type: ignore[arg-type]


def masked(text: str, plan: Plan | None = None) -> str:
    """Return what becomes of a text of a verdict."""
    report = report_of(replace(KEPT, detail=text))
    return anonymized(report, plan or plan_of("PTV")).verdicts[0].detail


def texts_of(thing: object) -> Iterator[str]:
    if isinstance(thing, str) and not isinstance(thing, Enum):
        yield thing
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from texts_of(getattr(thing, field.name))
    elif isinstance(thing, dict):
        yield from texts_of(tuple(thing.items()))
    elif isinstance(thing, list | tuple):
        for part in thing:
            yield from texts_of(part)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("drawn for Smith", f"drawn for {REMOVED}"),
        ("SMITH_2", f"{REMOVED}_2"),
        ("smith's", f"{REMOVED}'s"),
        ("blacksmith", "blacksmith"),
        ("Liver of Li", f"Liver of {REMOVED}"),
        ("no ID-4711 here", f"no {REMOVED} here"),
        ("born 19570321", f"born {REMOVED}"),
        (f"refers to {UID}.", f"refers to {UID_REMOVED}."),
        ("refers to 2.16.1", f"refers to {UID_REMOVED}"),
        ("another 1.3.6.1.4.1.5962.1", f"another {UID_REMOVED}"),
        ("13.83 Gy in 1.5 cc", "13.83 Gy in 1.5 cc"),
        ("in smith/plan.dcm", "in RT Plan"),
        ("1 of 25", "1 of 25"),
    ],
)
def test_what_is_masked_in_text(text: str, left: str) -> None:
    assert masked(text) == left


def test_a_name_in_ideographs_is_masked_wherever_it_stands() -> None:
    plan = plan_of("肝", "王肝脏", names=("王", "小东"))
    report = report_of(replace(KEPT, found=(Found("王肝脏", 2, "alias", "Liver"),)))
    assert anonymized(report, plan).verdicts[0].found[0].roi_name == "ROI 2"


def test_roi_names_stay_unless_the_patient_is_in_them() -> None:
    plan = plan_of("Liver", "LiverSmith", "PTV_4711")
    found = tuple(Found(s.roi_name, s.roi_number, "alias", "Liver") for s in plan.structures)
    curves = tuple(Curve(s.roi_name, (0.0, 1.0), (100.0, 0.0), 1.0) for s in plan.structures)
    report = anonymized(report_of(replace(KEPT, found=found), curves=curves), plan)
    assert [f.roi_name for f in report.verdicts[0].found] == ["Liver", "ROI 2", "PTV_4711"]
    assert [c.name for c in report.curves] == ["Liver", "ROI 2", "PTV_4711"]
    assert [f.role for f in report.verdicts[0].found] == ["Liver"] * 3


def test_words_of_the_rules_are_left_alone() -> None:
    """A patient called Max: a gap in Max[Gy] would give the name away."""
    plan = plan_of("SpinalCord", names=("Max",))
    report = anonymized(report_of(BROKEN), plan)
    assert report.verdicts[0].metric == "Max[Gy]"
    assert report.verdicts[0] == replace(BROKEN, found=report.verdicts[0].found)


def test_label_uids_dates_files_and_hashes_go() -> None:
    full = full_report()
    details = {
        "approval_status": "APPROVED",
        "rt_plan_date": "20240102",
        "structure_set_label": "Smith",
        "source_files": "smith/plan.dcm",
        "sha256 smith/plan.dcm": "ab" * 32,
        "a new detail": "of which nobody thought",
    }
    report = anonymized(replace(full, plan=replace(full.plan, details=details)), plan_of("PTV"))
    assert report.plan.rt_plan_label == "plan"
    assert report.plan.sop_instance_uids == {}
    assert report.plan.details == {"approval_status": "APPROVED"}


def test_places_of_findings_are_no_paths() -> None:
    findings = (
        Finding("DOSE_LINK_GUESSED", Severity.WARNS, "see smith/plan.dcm.", "smith/plan.dcm"),
        Finding("PRESCRIPTION_INVALID", Severity.WARNS, "no.", "smith/plan.dcm: DoseReference[0]"),
        Finding("FILE_UNREADABLE", Severity.WARNS, "smith/x.dcm is cut.", "smith/x.dcm"),
        Finding("ROI_EMPTY", Severity.INFORMS, "no contour.", "PTV"),
        Finding("DOSE_MISSING", Severity.BLOCKS, "there is none.", ""),
    )
    report = anonymized(report_of(findings=findings), plan_of("PTV"))
    assert [f.where for f in report.findings] == [
        "RT Plan", "RT Plan: DoseReference[0]", "another file", "PTV", "",
    ]  # fmt: skip
    assert "smith" not in "".join(f.text for f in report.findings).lower()


def test_pictures_are_masked_in_words_and_keep_their_lines() -> None:
    svg = (
        '<svg aria-label="Liver_Smith"><title>Liver_Smith &amp; cord</title>'
        '<path d="M1 2L3 4"/><image href="data:image/png;base64,Smith+Li=="/></svg>'
    )
    picture = Picture("Plane of Liver_Smith", "Liver_Smith", svg, ("lung-v20",))
    report = replace(full_report(), pictures=(picture,))
    (shown,) = anonymized(report, plan_of("Liver_Smith")).pictures
    assert "ROI 1" in shown.title
    assert ">ROI 1 &amp; cord<" in shown.svg
    assert 'aria-label="ROI 1"' in shown.svg
    assert 'd="M1 2L3 4"' in shown.svg
    assert "base64,Smith+Li==" in shown.svg, "pixels are no words"


def test_every_text_of_a_report_is_masked_but_those_of_the_rules() -> None:
    """Fails for a new field of a record that nobody thought of here."""
    evil = f"Smith {UID}"
    verdict = replace(KEPT, detail=evil, roi=evil, prescription=evil, value_text=evil)
    evidence = Evidence("lung-v20", evil, 1, (0, 0, 0), (0, 0), 1, ((evil, 1.0),), evil)
    report = replace(
        report_of(verdict, label=evil, settings={"map Liver": evil}),
        evidence=(evidence,),
        curves=(Curve(evil, (0.0,), (100.0,), 1.0),),
        findings=(Finding("X", Severity.WARNS, evil, evil),),
    )
    left: Report = anonymized(report, plan_of("PTV"))
    assert not [text for text in texts_of(left) if "smith" in text.lower() or UID in text]


def test_numbers_and_outcomes_are_the_same() -> None:
    before, after = full_report(), anonymized(full_report(), plan_of("PTV"))
    assert after.overall is before.overall
    for one, other in zip(before.verdicts, after.verdicts, strict=True):
        assert (one.value, one.low, one.high, one.margin) == (
            other.value, other.low, other.high, other.margin,
        )  # fmt: skip
        assert (one.goal, one.outcome, one.reason) == (other.goal, other.outcome, other.reason)


def test_an_identity_does_not_show_itself() -> None:
    plan = plan_of("PTV")
    assert "Smith" not in repr(plan.identity())
    assert UID not in repr(plan.identity())
