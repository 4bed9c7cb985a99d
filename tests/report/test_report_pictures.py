"""Pictures of the plan: right places, safe names, the same bytes, and a fault stops nothing."""

from __future__ import annotations

import base64
import io
import re
import shutil
import struct
import zlib
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from bodies import ball, box, dose_grid, plan_of
from rules import goal, rules

import rtcheck
from rtcheck.phantoms import write_example
from rtcheck.phantoms.doses import GaussianDose, LinearDose
from rtcheck.plan import Plan, Prescription, Structure
from rtcheck.plan.image import CtPlane
from rtcheck.report import Report
from rtcheck.report.pictures import make
from rtcheck.report.pictures.isodoses import Reference, color_at, levels_of, lines_mm
from rtcheck.report.pictures.plane import Raster, contours_at, dose_on, grey_on
from rtcheck.report.pictures.png import grey_png, palette_png
from rtcheck.report.pictures.views import views_of
from rtcheck.report.words import visible
from rtcheck.verdict import Evidence, Found, Outcome, Verdict

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "‮gnul",
    "🫁 " + "x" * 60,
    '"><image href="https://example.org/x.png"/>',
    "]]>&amp;</svg>",
)


def typed(plan: rtcheck.OpenPlan, kinds: dict[str, str], names: dict[str, str] | None = None):
    structures = tuple(
        Structure(
            s.roi_number, (names or {}).get(s.roi_name, s.roi_name), s.points_mm,
            s.contour_starts, kinds.get(s.roi_name, "ORGAN"),
        )
        for s in plan.structures
    )  # fmt: skip
    record = plan.record
    return rtcheck.OpenPlan(Plan("T", structures, record.dose, record.prescriptions), "prism")


def two_boxes() -> rtcheck.OpenPlan:
    """Return a target and an organ; 1 Gy/mm along x, 50 Gy at x = 0."""
    return typed(
        plan_of(
            {
                "Body": box((90, 70, 60), slices=30),
                "Organ": box((20, 20, 20)),
                "PTV_1": box((10, 10, 30), (20, 0, 8), slices=15),
            },
            dose_grid(LinearDose(50.0, (1.0, 0.0, 0.0))),
            prescriptions=[Prescription("PTV_1", 50.0, 25, 3)],
        ),
        {"Body": "EXTERNAL", "PTV_1": "PTV"},
    )


GOALS = rules(
    goal("Max[Gy]", "<= 55 Gy"),
    goal("Min[Gy]", ">= 1 Gy", id='"p"', structure='"PTV"'),
)


def report_of(plan: rtcheck.OpenPlan) -> Report:
    return rtcheck.check(plan, GOALS, pictures=True)


def test_each_violation_and_each_target_has_its_plane() -> None:
    report = report_of(two_boxes())
    violation, target = report.pictures
    (evidence,) = report.evidence
    assert violation.goals == ("g",)
    assert f"z {evidence.plane_mm:.1f} mm" in violation.title
    assert "worst point of Max[Gy], goal g" in violation.title
    assert target.goals == ()
    # Contours at -6 to 22 mm in steps of 2: the middle is 8.
    assert target.title == "Axial plane at z 8.0 mm: centre of PTV_1"


def test_pictures_are_made_only_when_asked_for() -> None:
    assert rtcheck.check(two_boxes(), GOALS).pictures == ()


@pytest.mark.parametrize(("plane_mm", "views"), [(8.0, 1), (2.0, 1), (0.0, 2), (22.0, 2)])
def test_a_target_shown_near_its_centre_is_not_shown_again(plane_mm: float, views: int) -> None:
    # The target is drawn from -6 to 22 mm: within 7 mm of 8 mm it has been seen.
    plan = two_boxes().record
    verdict = Verdict(
        "g", "PTV", "Min[Gy]", Outcome.DEVIATION_UNACCEPTABLE, roi="PTV_1",
        found=(Found("PTV_1", 3, "match", "PTV"),),
    )  # fmt: skip
    here = (20.0, 0.0, plane_mm)
    evidence = Evidence("g", "PTV_1", 1.0, here, (0.0, 1.0), 1, (), "", plane_mm=plane_mm)
    found, left_out = views_of(plan, [verdict], [evidence])
    assert (len(found), left_out) == (views, 0)
    assert found[0].z_mm == plane_mm
    assert found[-1].targets == ["PTV_1"]


def test_an_acceptable_variation_needs_no_picture() -> None:
    verdict = Verdict("g", "Organ", "Max[Gy]", Outcome.VARIATION_ACCEPTABLE)
    evidence = Evidence("g", "", 1.0, (0.0, 0.0, 0.0), (0.0, 1.0), 1, (), "")
    assert views_of(two_boxes().record, [verdict], [evidence]) == ((), 0)


def test_the_picture_is_self_contained_xml_for_those_who_do_not_see_it() -> None:
    for picture in report_of(two_boxes()).pictures:
        root = ElementTree.fromstring(picture.svg)  # noqa: S314 - our own
        assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
        assert root.findtext(f"{SVG}title") == picture.title
        assert root.findtext(f"{SVG}desc") == picture.description
        links = [v for e in root.iter() for k, v in e.attrib.items() if k.endswith("href")]
        assert links
        assert all(link.startswith("data:image/png;base64,") for link in links)
        # No ids, styles or scripts: it can stand in one page several times.
        assert not [e for e in root.iter() if "id" in e.attrib or "style" in e.attrib]
        assert {e.tag for e in root.iter()} <= {
            SVG + t for t in ("svg", "title", "desc", "rect", "image", "path", "text", "circle")
        }
        assert {"R", "L", "A", "P", "50 mm"} & set(root.itertext()) >= {"R", "L", "A", "P"}
        assert len(picture.svg) < 150_000


def test_the_picture_names_structures_isodoses_and_the_limit() -> None:
    violation = report_of(two_boxes()).pictures[0]
    text = list(ElementTree.fromstring(violation.svg).itertext())  # noqa: S314 - our own
    assert {"Body", "Organ"} <= set(text)
    assert "55 Gy · 110 % (limit)" in text
    assert "25 Gy · 50 %" in text
    assert any("100 % = 50 Gy, prescribed to PTV_1" in t for t in text)
    assert "Isodoses at 10 Gy · 20 %" in violation.description
    assert "Without CT." in violation.description


def small_target(side_mm: float) -> rtcheck.OpenPlan:
    """Return a target of that side in a body of 300 by 200 mm, and an organ 90 mm away."""
    return typed(
        plan_of(
            {
                "Body": box((300, 200, 60), slices=30),
                "Organ": box((20, 20, 60), (-90, 0, 0), slices=30),
                "PTV_1": box((side_mm, side_mm, 30), (60, 40, 0), slices=15),
            },
            dose_grid(LinearDose(50.0, (0.1, 0.0, 0.0))),
            prescriptions=[Prescription("PTV_1", 50.0, 25, 3)],
        ),
        {"Body": "EXTERNAL", "PTV_1": "PTV"},
    )


def test_a_target_lost_in_the_patient_is_shown_close_with_where_that_is() -> None:
    (target,) = report_of(small_target(20.0)).pictures
    assert "close-up" in target.description
    assert "Where in the patient this is" in target.svg
    # 20 mm and 30 mm around it: the organ is far outside, and not in the legend.
    assert ">Organ<" not in target.svg
    assert ">PTV_1<" in target.svg
    root = ElementTree.fromstring(target.svg)  # noqa: S314 - our own
    (frame,) = [e for e in root.iter(f"{SVG}rect") if e.find(f"{SVG}title") is not None]
    # The frame is as large a part of the inset as the close-up of the body: 80 of 316 mm.
    assert float(frame.attrib["width"]) / 104.0 == pytest.approx(80 / 316, abs=0.01)


def test_what_is_as_large_as_the_patient_is_shown_whole() -> None:
    views = [p for p in report_of(small_target(120.0)).pictures if "PTV_1" in p.title]
    assert len(views) == 1
    assert "close-up" not in views[0].description
    assert "Where in the patient" not in views[0].svg
    assert ">Organ<" in views[0].svg


def test_the_same_plan_has_the_same_bytes() -> None:
    assert report_of(two_boxes()).pictures == report_of(two_boxes()).pictures


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_and_do_nothing(name: str) -> None:
    plan = typed(two_boxes(), {"Body": "EXTERNAL", "PTV_1": "PTV"}, {"Organ": name, "Body": name})
    report = rtcheck.check(plan, GOALS, pictures=True)
    (picture,) = report.pictures
    root = ElementTree.fromstring(picture.svg)  # noqa: S314 - our own
    shown = "".join(root.itertext())
    assert visible(name) in shown
    assert {e.tag for e in root.iter()} <= {
        SVG + t for t in ("svg", "title", "desc", "rect", "image", "path", "text", "circle")
    }
    assert "‮" not in picture.svg
    assert "example.org" not in "".join(
        v for e in root.iter() for k, v in e.attrib.items() if k.endswith("href")
    )


# The plane ---------------------------------------------------------------------------------------


def test_the_dose_of_a_plane_is_trilinear_also_between_grid_planes() -> None:
    dose = dose_grid(LinearDose(50.0, (0.3, -0.2, 0.1)))
    raster = Raster.over(np.array([-20.0, -10.0]), np.array([30.0, 15.0]))
    gy = dose_on(raster, dose, 3.7)
    x, y = np.meshgrid(raster.x_mm, raster.y_mm)
    assert gy == pytest.approx(50 + 0.3 * x - 0.2 * y + 0.37, abs=1e-9)
    outside = dose_on(Raster.over(np.array([40.0, 0.0]), np.array([80.0, 20.0])), dose, 0.0)
    assert np.isnan(outside[:, -1]).all()
    assert not np.isnan(outside[:, 0]).any()


def test_an_isodose_lies_where_the_dose_is() -> None:
    # A Gaussian of 60 Gy, sigma 20 mm: 30 Gy at 20 * sqrt(2 ln 2) = 23.55 mm.
    raster = Raster.over(np.array([-40.0, -40.0]), np.array([40.0, 40.0]))
    x, y = np.meshgrid(raster.x_mm, raster.y_mm)
    gy = GaussianDose(60.0, (0, 0, 0), 20.0).at(np.stack([x, y, 0 * x], axis=-1))
    (line,) = lines_mm(gy, raster.x_mm, raster.y_mm, 30.0)
    assert np.hypot(*line.T) == pytest.approx(23.548, abs=0.02)  # linear between half millimetres
    assert (line[0] == line[-1]).all()


def test_no_isodose_is_drawn_where_the_dose_is_not_known() -> None:
    gy = np.full((20, 20), 10.0)
    gy[:, 10:] = np.nan
    assert lines_mm(gy, np.arange(20.0), np.arange(20.0), 5.0) == []


def test_levels_are_of_the_highest_prescription_and_limits_come_first() -> None:
    low, high = Prescription("PTV_Low", 40.0), Prescription("PTV_High", 50.0)
    reference = Reference.of([low, high], 60.0)
    assert reference.words == "100 % = 50 Gy, prescribed to PTV_High"
    levels = levels_of(reference, [47.6], 52.0)
    assert [(lv.percent, lv.is_limit) for lv in levels] == [
        (20, False), (50, False), (80, False), (pytest.approx(95.2), True), (100, False),
    ]  # fmt: skip
    assert "largest dose of the plan" in Reference.of([], 60.0).words


def test_the_colours_grow_lighter_with_the_dose() -> None:
    light = [
        0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(color_at, np.linspace(0, 1, 30))
    ]
    assert (np.diff(light) > 0).all()


def test_contours_are_those_of_the_plane() -> None:
    plan = plan_of({"Ball": ball(20.0, spacing_mm=3.0)})
    ball_ = plan.structures[0]
    z = float(np.unique(ball_.points_mm[:, 2])[4])
    (ring,) = contours_at(ball_, z + 1.2)
    assert np.hypot(*ring.T) == pytest.approx(np.sqrt(400 - z**2), abs=1e-6)
    assert contours_at(ball_, 25.0) == []


def test_the_ct_is_where_it_was_scanned_whatever_its_pixels() -> None:
    # 0.25 mm across and 2 mm down: one must be averaged, the other interpolated.
    x, y = np.arange(-50, 50.01, 0.25), np.arange(-40, 40.01, 2.0)
    hu = np.broadcast_to(2.0 * x, (len(y), len(x))).astype(np.float32)
    raster = Raster.over(np.array([-60.0, -20.0]), np.array([40.0, 20.0]))
    grey = grey_on(raster, CtPlane(hu, x, y, 0.0)).astype(float)
    # 400 HU wide around 40: black at -160, white at 240.
    expected = 255 * np.clip((2 * raster.x_mm + 160) / 400, 0, 1)
    seen = raster.x_mm > -49
    assert np.abs(grey[:, seen] - expected[seen]).max() <= 1.0
    assert (grey[:, raster.x_mm < -51] == 0).all()


def test_a_picture_of_an_example_shows_its_ct(tmp_path: Path) -> None:
    export = write_example("oligometastasis", "violating", tmp_path, ct=True)
    report = rtcheck.check(export, "luo-hcc-oligometastasis", pictures=True)
    assert "ptv-coverage" in report.pictures[0].goals
    for picture in report.pictures:
        assert "CT in a soft tissue window." in picture.description
        assert picture.svg.count("<image ") == 2
        assert len(picture.svg) < 150_000
    assert not [f for f in report.findings if f.code.startswith(("CT_", "PICTURE"))]


# PNG ---------------------------------------------------------------------------------------------


def chunks(png: bytes) -> dict[bytes, bytes]:
    """Return the chunks of a PNG, their checksums checked."""
    stream, found = io.BytesIO(png), {}
    assert stream.read(8) == b"\x89PNG\r\n\x1a\n"
    while head := stream.read(8):
        length, name = struct.unpack(">I4s", head)
        data = stream.read(length)
        assert struct.unpack(">I", stream.read(4))[0] == zlib.crc32(name + data)
        found[name] = data
    return found


def test_grey_pixels_come_back_as_they_went() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (13, 7), dtype=np.uint8)
    found = chunks(grey_png(pixels))
    width, height, depth, kind = struct.unpack(">IIBB", found[b"IHDR"][:10])
    assert (width, height, depth, kind) == (7, 13, 8, 0)
    rows = np.frombuffer(zlib.decompress(found[b"IDAT"]), np.uint8).reshape(13, 8)
    assert (rows[:, 0] == 2).all()  # each the difference from the row above
    assert (np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8) == pixels).all()


def test_palette_pixels_come_back_as_they_went() -> None:
    pixels = np.array([[0, 1], [2, 1]], dtype=np.uint8)
    found = chunks(palette_png(pixels, [(0, 0, 0, 0), (1, 2, 3, 100), (4, 5, 6, 255)]))
    assert found[b"PLTE"] == bytes([0, 0, 0, 1, 2, 3, 4, 5, 6])
    assert found[b"tRNS"] == bytes([0, 100, 255])
    assert zlib.decompress(found[b"IDAT"]) == bytes([0, 0, 1, 0, 2, 1])


def test_the_wash_is_transparent_below_a_tenth_of_the_prescription() -> None:
    violation = report_of(two_boxes()).pictures[0]
    data = base64.b64decode(re.search(r"base64,([^\"]+)", violation.svg)[1])
    assert chunks(data)[b"tRNS"][0] == 0


# Faults ------------------------------------------------------------------------------------------


def test_a_picture_that_cannot_be_drawn_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> str:
        raise MemoryError

    monkeypatch.setattr(make, "svg_of", fails)
    report = report_of(two_boxes())
    assert report.pictures == ()
    missing = [f for f in report.findings if f.code == "PICTURE_MISSING"]
    assert [f.severity for f in missing] == ["informs", "informs"]
    assert missing[1].text == "the plane at z 8.0 mm cannot be drawn (MemoryError)."
    assert report.exit_code == 1


def test_an_export_that_is_gone_leaves_pictures_without_ct(tmp_path: Path) -> None:
    plan = rtcheck.read(write_example("oligometastasis", "violating", tmp_path / "x", ct=True))
    shutil.rmtree(tmp_path / "x")
    report = rtcheck.check(plan, "luo-hcc-oligometastasis", pictures=True)
    assert all("Without CT." in picture.description for picture in report.pictures)
    assert len(report.pictures) == 2
    (gone,) = [f for f in report.findings if f.code == "CT_UNREADABLE"]
    assert gone.text == "the CT cannot be read (UsageError): pictures do without it."


def test_a_plan_without_dose_has_no_pictures() -> None:
    plan = plan_of({"PTV": box((20, 20, 20))})
    assert rtcheck.check(plan, rules(goal("Volume[cc]", "> 1 cc", structure='"PTV"')),
                         pictures=True).pictures == ()  # fmt: skip


def test_more_planes_than_anyone_looks_at_are_counted() -> None:
    targets = {f"PTV_{i}": box((4, 4, 4), (0, 0, -45 + 8 * i), slices=2) for i in range(11)}
    plan = typed(
        plan_of(targets, dose_grid(LinearDose(50.0, (0.1, 0, 0)))), dict.fromkeys(targets, "PTV")
    )
    report = rtcheck.check(plan, rules(goal("Max[Gy]", structure='"PTV"')), pictures=True)
    assert len(report.pictures) == 8
    (limited,) = [f for f in report.findings if f.code == "PICTURES_LIMITED"]
    assert limited.text.startswith("3 more planes are not shown")
