"""The HTML report: what stands together, what stands once, and what stands where."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

from handmade import BROKEN, KEPT, VARIED, full_report, report_of
from parsed_page import Page

from rtcheck.plan import Finding, Severity
from rtcheck.report.html_report import write_html
from rtcheck.report.record import Picture
from rtcheck.verdict import Evidence, Found, Outcome


def test_rows_of_one_structure_stand_together_below_its_name() -> None:
    again = replace(KEPT, goal="lung-v5", metric="V5Gy[%]", per_protocol="<= 60 %")
    heart = replace(KEPT, goal="heart-v5", structure="Heart", found=())
    text = write_html(report_of(KEPT, heart, again))
    bodies = [
        re.sub("<svg.*?</svg>", "", body, flags=re.DOTALL)
        for body in re.findall("<tbody.*?</tbody>", text, re.DOTALL)
    ]
    assert [re.findall(r"lung-v20|lung-v5|heart-v5", body) for body in bodies] == [
        ["lung-v20", "lung-v5"],
        ["heart-v5"],
    ]
    assert bodies[0].count("lung total") == 1
    (rows,) = re.findall(r'rowspan="(\d+)"', bodies[0])
    assert int(rows) == bodies[0].count("<tr ")


def test_rois_matched_alike_stand_together() -> None:
    found = tuple(Found(f"GTV{i}", i, "match", "GTV") for i in (1, 2, 3))
    page = Page(write_html(report_of(replace(KEPT, structure="Lesions", found=found))))
    assert "GTV: GTV1, GTV2, GTV3 (name pattern)" in page.text


def test_a_prescription_is_named_once_for_rows_that_share_it() -> None:
    again = replace(VARIED, goal="ptv-d98", metric="D98%[%]")
    page = Page(write_html(report_of(VARIED, again, curves=())))
    assert page.text.count("% of PTV: 50 Gy in 25 fractions") == 1
    other = replace(again, prescription="PTV: 60 Gy in 30 fractions")
    page = Page(write_html(report_of(VARIED, other, curves=())))
    assert "≥ 95 %acceptable ≥ 90 %% of PTV: 60 Gy in 30 fractions" in page.text.replace(
        "\u00a0", " "
    )


def test_what_is_said_of_a_goal_stands_in_full_where_it_failed_and_once_below_elsewhere() -> None:
    note = "Both lungs together."
    failed = replace(KEPT, outcome=Outcome.DEVIATION_UNACCEPTABLE, note=note, required=True)
    page = Page(write_html(report_of(failed)))
    assert page.text.count(note) == 1
    kept = [replace(KEPT, goal=f"goal-{i}", roi=f"Lung {i}", note=note) for i in (1, 2)]
    text = write_html(report_of(*kept))
    assert Page(text).text.count(note) == 1
    assert text.count('href="#note-a"') == 2
    assert "Notes and sources a" + note in Page(text).text


def test_evidence_stands_below_its_own_verdict() -> None:
    evidence = Evidence(
        "cord-max",
        "",
        excess_cm3=1.5,
        centroid_mm=(1.0, 2.0, 3.0),
        z_range_mm=(-6.0, 9.0),
        slices=6,
        overlaps=(("<b>PTV</b>", 0.5),),
        least_change="to keep <= 45 Gy, 1.5 cc must fall to 45 Gy",
        worst_gy=47.0,
    )
    text = write_html(replace(report_of(BROKEN, KEPT), evidence=(evidence,)))
    broken, kept = re.findall('<section class="goals.*?</section>', text, re.DOTALL)
    assert f"Where: {evidence.words()} Least change: {evidence.least_change}" in Page(broken).text
    assert "Where:" not in Page(kept).text
    assert "<b>PTV</b>" not in text


def test_pictures_follow_the_deviations_as_images_that_cannot_reach_the_page() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><style>* { display: none }</style></svg>'
    picture = Picture("Cord <script>", "Plane z 12 mm with SpinalCord", svg, ("cord-max",))
    text = write_html(replace(report_of(BROKEN, KEPT), pictures=(picture,)))
    (image,) = Page(text).all("img")
    assert image["alt"] == picture.description
    assert image["src"] == "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    assert "img-src data:;" in text
    assert "img-src" not in write_html(report_of(BROKEN))
    places = [text.index(part) for part in ('"goals dev', "<img", 'id="h-dvh"', '"goals per')]
    assert places == sorted(places)
    assert "Cord <script> Dose–volume histogram" in Page(text).text


def test_a_finding_that_is_said_of_many_stands_once() -> None:
    many = [Finding("ROI_EMPTY", Severity.INFORMS, "no contour.", f"R{i}") for i in range(3)]
    page = Page(write_html(report_of(findings=(*many, replace(many[0], text="other.")))))
    assert "i informs R0, R1, R2: no contour. ROI_EMPTY i informs R0: other." in page.text


def test_the_header_holds_every_uid_and_the_hash_of_every_file() -> None:
    report = full_report()
    details = {**report.plan.details, "sha256 a/RTDOSE.dcm": "cd" * 32, "treatment_site": "Lung"}
    text = write_html(replace(report, plan=replace(report.plan, details=details)))
    header = Page(text.split("</header>")[0]).text
    assert "RT PlanUID 1.2.3 RT DoseUID 1.2.4 RT DoseUID 1.2.5" in header
    assert f"a/RTDOSE.dcmSHA-256 {'cd' * 32}" in header
    assert "SiteLung" in header
