"""Reports made by hand: one with every outcome, and one whose every name is hostile."""

from __future__ import annotations

from rtcheck.errors import Reason
from rtcheck.gate import Checked
from rtcheck.plan import Finding, Prescription, Severity
from rtcheck.report import Curve, PlanFacts, ProtocolFacts, Report
from rtcheck.verdict import Found, Outcome, Verdict

CITE = "Author A, et al. A title. Journal 2020;1:1-9."

KEPT = Verdict(
    "lung-v20",
    "Lungs",
    "V20Gy[%]",
    Outcome.PER_PROTOCOL,
    "%",
    found=(Found("lung total", 4, "alias", "Lungs"),),
    value=25.31,
    low=25.0,
    high=25.6,
    per_protocol="<= 30 %",
    acceptable="<= 35 %",
    margin=4.69,
    source_ref="paper",
    source_where="Table 2",
    source_cite=CITE,
    note="Both lungs.",
)
VARIED = Verdict(
    "ptv-d95",
    "PTV",
    "D95%[%]",
    Outcome.VARIATION_ACCEPTABLE,
    "%",
    roi="PTV_High",
    found=(Found("PTV_High", 1, "match", "PTV"),),
    value=94.0,
    low=93.5,
    high=95.5,
    per_protocol=">= 95 %",
    acceptable=">= 90 %",
    margin=-1.0,
    borderline=True,
    prescription="PTV: 50 Gy in 25 fractions",
    source_ref="paper",
    source_where="Table 1",
    source_cite=CITE,
)
BROKEN = Verdict(
    "cord-max",
    "SpinalCord",
    "Max[Gy]",
    Outcome.DEVIATION_UNACCEPTABLE,
    "Gy",
    found=(Found("SpinalCord", 3, "tg263", "SpinalCord"),),
    value=45.0000001,
    low=45.0000001,
    high=45.0000001,
    per_protocol="<= 45 Gy",
    margin=-0.0000001,
    tps_value=45.002,
    source_ref="paper",
    source_where="Table 2",
    source_cite=CITE,
)
UNSAID = Verdict(
    "heart-mean",
    "Heart",
    "Mean[Gy]",
    Outcome.NOT_EVALUATED,
    "Gy",
    found=(Found("Heart", 5, "tg263", "Heart"),),
    low=9.0,
    high=12.0,
    per_protocol="<= 10 Gy",
    reason=Reason.DOSE_DOES_NOT_COVER,
    detail="the part outside the dose grid leaves it open",
    source_ref="other",
    source_where="page 3",
)
REPORTED = Verdict(
    "ptv-schedule",
    "PTV",
    "Schedule",
    Outcome.REPORTED,
    "Gy",
    value=50.0,
    low=50.0,
    high=50.0,
    value_text="50 Gy in 25 × 2 Gy",
    required=False,
    definition="total dose in fractions",
)
NOT_MEANT = Verdict(
    "bowel-d2cc",
    "Bowel",
    "D2cc[Gy]",
    Outcome.NOT_APPLICABLE,
    "Gy",
    per_protocol="< 30 Gy",
    detail="no ROI has the role Bowel",
)

FINDINGS = (
    Finding("ROI_EMPTY", Severity.INFORMS, "the ROI has no contour; draw it if needed.", "Couch"),
    Finding("LINK_BY_FRAME", Severity.WARNS, "linked by frame of reference only.", "rtdose.dcm"),
    Finding("CONTOUR_OPEN", Severity.BLOCKS, "a contour is not closed.", "Bowel"),
)
REVIEW = (
    Checked("The dose grid covers every target", True),
    Checked("Every contour is closed, and on every slice", False, ("CONTOUR_OPEN", "ROI_THIN")),
    Checked("Earlier treatment is in the dose", None),
)
CURVES = (
    Curve("PTV_High", (0.0, 47.5, 50.0, 52.5), (100.0, 100.0, 60.0, 0.0), 120.5, (255, 0, 0)),
    Curve("lung total", (0.0, 10.0, 20.0, 52.5), (100.0, 40.0, 25.31, 0.0), 3210.0, (255, 255, 0)),
)


def report_of(
    *verdicts: Verdict,
    overall: Outcome = Outcome.DEVIATION_UNACCEPTABLE,
    curves: tuple[Curve, ...] = CURVES,
    findings: tuple[Finding, ...] = FINDINGS,
    label: str = "Plan 1",
    settings: dict[str, str] | None = None,
    checklist: tuple[str, ...] = ("ECOG performance status 0 to 2", "Child–Pugh A"),
    review: tuple[Checked, ...] = REVIEW,
) -> Report:
    return Report(
        overall=overall,
        plan=PlanFacts(
            rt_plan_label=label,
            sop_instance_uids={"rt_plan": "1.2.3", "rt_dose": ["1.2.4", "1.2.5"]},
            prescriptions=(Prescription("PTV", 50.0, 25, 1, "given by the user"),),
            number_of_fractions_planned=25,
            details={"approval_status": "APPROVED", "rt_plan_date": "20240102"},
        ),
        protocol=ProtocolFacts("site-2020", "1.0.0", "A protocol", "draft", "ab" * 32, "arm-a"),
        settings=settings or {"geometry": "smooth", "dose_interpolation": "trilinear"},
        findings=findings,
        verdicts=verdicts,
        checklist=checklist,
        curves=curves,
        rtcheck_version="0.1.0",
        created="2026-01-02T03:04:05+00:00",
        review=review,
    )


def full_report() -> Report:
    """Return a report with a verdict of every outcome, in the protocol's order."""
    return report_of(KEPT, VARIED, BROKEN, UNSAID, REPORTED, NOT_MEANT)


HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(A1)",
    "-2+3",
    "a;=1+1",
    "\tTab",
    "line\r\nbreak",
    "ריאה שמאל",
    "Liver\u202egnuL",
    "\N{LUNGS} \N{WOMAN}\N{ZERO WIDTH JOINER}\N{STAFF OF AESCULAPIUS}\N{VARIATION SELECTOR-16}",
    "W" * 64,
    "漢" * 64,
    "{{ 7*7 }} {% raw %}",
    "a\x1b[31mb\x00c",
    "\ufffe\ud800",
    "</style></title>]]>-->",
)


def hostile_report() -> Report:
    """Return a report in which every text that can come from a file is hostile."""
    outcomes = list(Outcome)
    verdicts = [
        Verdict(
            f"goal-{i}",
            name,
            "V20Gy[%]",
            outcomes[i % len(outcomes)],
            "%",
            found=(Found(name, i, "alias", name),),
            value=12.5,
            low=10.0,
            high=15.0,
            per_protocol="<= 30 %",
            detail=name,
            source_ref=name,
            source_where=name,
            note=name,
            prescription=name,
        )
        for i, name in enumerate(HOSTILE)
    ]
    return report_of(
        *verdicts,
        curves=tuple(
            Curve(name, (0.0, 10.0 + i), (100.0, 0.0), 1.0) for i, name in enumerate(HOSTILE)
        ),
        findings=tuple(Finding("ROI_EMPTY", Severity.WARNS, name, name) for name in HOSTILE),
        label=HOSTILE[0],
        settings={"geometry": "smooth", **{f"map {name}": name for name in HOSTILE}},
        checklist=HOSTILE,
    )
