"""The made-up patients: each version comes to what it was made for, and looks like a patient."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

import rtcheck
from rtcheck import Report
from rtcheck.errors import UsageError
from rtcheck.phantoms import EXAMPLES, VERSIONS, PhantomPlan, Roi, make_example, write_example
from rtcheck.plan import Severity

ALL = [(name, version) for name in EXAMPLES for version in VERSIONS]
TG263 = [
    *("External", "Lung_L", "Lung_R", "Heart", "Esophagus", "SpinalCord"),
    *("Liver", "Stomach", "Duodenum", "Kidney_L", "Kidney_R"),
]
ORGANS = {
    "lung-mets": [*TG263[:3], "Lungs", *TG263[3:]],
    "liver-thrombosis": [
        *("BODY", "Lt Lung", "Rt Lung", "heart", "oesophagus", "Myelon"),
        *("Whole Liver", "stomach", "duodenum", "Lt Kidney", "Rt Kidney"),
    ],
    "oligometastasis": TG263,
}
NESTED = {
    "lung-mets": [
        *("GTV1 ITV1 PTV1 External", "GTV2 ITV2 PTV2 External", "GTV3 ITV3 PTV3 External"),
        *("GTV1 Lung_R", "GTV2 Lung_R", "GTV3 Lung_L"),
    ],
    "liver-thrombosis": ["gtv_54 ctv ptv_50 BODY", "gtv_54 Whole_Liver"],
    "oligometastasis": [
        *("GTV_Liver PTV_Liver External", "GTV_Liver Liver", "GTV_Bone PTV_Bone External")
    ],
}
"""Each lies wholly in the next; blanks of names are written as underscores."""
LARGEST_FILE_BYTES = 3_000_000

Check = Callable[[str, str], Report]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    home = tmp_path_factory.mktemp("examples")
    return cache(lambda name, version: write_example(name, version, home / name / version))


@pytest.fixture(scope="module")
def check(folder: Callable[[str, str], Path]) -> Check:
    return cache(lambda n, v: rtcheck.check(rtcheck.read(folder(n, v)), EXAMPLES[n].protocol))


@pytest.fixture(scope="module")
def plan() -> Callable[[str, str], PhantomPlan]:
    return cache(make_example)


def broken(report: Report) -> set[str]:
    """Return the goals that decide and are broken."""
    return {v.goal for v in report.verdicts if v.required and v.outcome == "deviation_unacceptable"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_complying_version_passes(check: Check, name: str) -> None:
    report = check(name, "complying")
    assert broken(report) == set()
    assert report.exit_code == 0


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_violating_version_breaks_the_one_rule_it_was_made_for(check: Check, name: str) -> None:
    report = check(name, "violating")
    assert broken(report) == {EXAMPLES[name].breaks}
    assert report.exit_code == 1


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_goal_that_tells_the_versions_apart_is_far_from_its_limit(
    check: Check, name: str
) -> None:
    goal = EXAMPLES[name].breaks
    for version in VERSIONS:
        verdicts = [v for v in check(name, version).verdicts if v.goal == goal]
        assert verdicts
        assert not any(v.borderline for v in verdicts)
    # A violating version is no matter of rounding: at least 5 % of the limit away from it.
    worst = min(v.margin for v in check(name, "violating").verdicts if v.goal == goal)
    assert worst < -0.05 * {"lung-v20": 30, "liver-reserve": 700, "ptv-coverage": 100}[goal]


@pytest.mark.parametrize(("name", "version"), ALL)
def test_every_goal_that_decides_can_be_judged(check: Check, name: str, version: str) -> None:
    verdicts = check(name, version).verdicts
    assert [v.goal for v in verdicts if v.outcome == "not_evaluated"] == []


@pytest.mark.parametrize(("name", "version"), ALL)
def test_nothing_in_the_files_is_doubtful(check: Check, name: str, version: str) -> None:
    doubtful = [f for f in check(name, version).findings if f.severity != Severity.INFORMS]
    assert doubtful == []


def test_the_low_priority_goals_of_the_oligometastasis_are_out_of_reach(check: Check) -> None:
    # 25 fractions suit liver and bone both, and 2 Gy each make 50 Gy: not over 52 Gy, nor BED 72.
    for version in VERSIONS:
        verdicts = check("oligometastasis", version).verdicts
        missed = {v.goal for v in verdicts if v.outcome == "deviation_unacceptable"}
        assert missed - broken(check("oligometastasis", version)) == {"dose-effect", "bed-effect"}


@pytest.mark.parametrize(("name", "version"), ALL)
def test_an_example_is_the_same_bytes_every_time(
    folder: Callable[[str, str], Path], tmp_path: Path, name: str, version: str
) -> None:
    again = write_example(name, version, tmp_path)
    for path in sorted(folder(name, version).iterdir()):
        assert (again / path.name).read_bytes() == path.read_bytes()
        assert path.stat().st_size < LARGEST_FILE_BYTES


@pytest.mark.parametrize(("name", "version"), ALL)
def test_the_files_name_a_made_up_patient(
    folder: Callable[[str, str], Path], name: str, version: str
) -> None:
    for path in folder(name, version).iterdir():
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        assert str(ds.PatientName).startswith("Example^")
        assert ds.PatientID.startswith("EXAMPLE-")
        assert "Synthetic" in ds.SeriesDescription
        assert ds.PatientBirthDate == ""


def test_all_examples_can_lie_in_one_folder(folder: Callable[[str, str], Path]) -> None:
    uids = {
        pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID
        for name, version in ALL
        for path in folder(name, version).iterdir()
    }
    assert len(uids) == 3 * len(ALL)


@pytest.mark.parametrize(("name", "version"), ALL)
def test_all_organs_are_drawn(
    plan: Callable[[str, str], PhantomPlan], name: str, version: str
) -> None:
    rois = plan(name, version).rois
    organs = [r.name for r in rois if r.interpreted_type in ("ORGAN", "EXTERNAL")]
    assert organs == ORGANS[name]
    assert [r.name for r in rois if len(r.contours) < 3] == []
    assert [r.number for r in rois] == list(range(1, len(rois) + 1))


def inside(roi: Roi, plan: PhantomPlan) -> NDArray[np.bool_]:
    """Return which points of the dose grid lie in an ROI (even-odd), on the contours' planes."""
    x, y = np.meshgrid(plan.x_mm, plan.y_mm)
    mask = np.zeros(plan.dose_gy.shape, dtype=bool)
    for contour in roi.contours:
        odd = np.zeros(x.shape, dtype=bool)
        for (x0, y0), (x1, y1) in zip(contour[:, :2], np.roll(contour, -1, 0)[:, :2], strict=True):
            if y0 != y1:
                odd ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        mask[int(np.argmin(np.abs(plan.z_mm - contour[0, 2])))] |= odd
    return mask


@pytest.fixture(scope="module")
def masks(plan: Callable[[str, str], PhantomPlan]) -> Callable[[str, str], dict]:
    return cache(lambda n, v: {r.name: inside(r, plan(n, v)) for r in plan(n, v).rois})


@pytest.mark.parametrize(("name", "version"), ALL)
def test_organs_lie_in_the_body_and_beside_each_other(
    masks: Callable[[str, str], dict], name: str, version: str
) -> None:
    body, *others = (masks(name, version)[organ] for organ in ORGANS[name])
    assert all(not (organ & ~body).any() for organ in others)
    apart = [masks(name, version)[o] for o in ORGANS[name][1:] if o != "Lungs"]
    shared = sum(organ.astype(int) for organ in apart) > 1
    # Where organs touch, contours of one may lie a pixel inside the other.
    assert shared.sum() < 0.002 * sum(organ.sum() for organ in apart)


@pytest.mark.parametrize(("name", "version"), ALL)
def test_targets_lie_within_each_other_and_in_their_organ(
    masks: Callable[[str, str], dict], name: str, version: str
) -> None:
    found = {key.replace(" ", "_"): mask for key, mask in masks(name, version).items()}
    for chain in NESTED[name]:
        inner, *outer = (found[key] for key in chain.split())
        assert inner.any()
        for mask in outer:
            assert not (inner & ~mask).any()
            inner = mask


@pytest.mark.parametrize(("name", "version"), ALL)
def test_the_dose_is_that_of_a_plausible_plan(
    plan: Callable[[str, str], PhantomPlan],
    masks: Callable[[str, str], dict],
    name: str,
    version: str,
) -> None:
    whole, found = plan(name, version), masks(name, version)
    dose = whole.dose_gy
    highest = max(p.dose_gy for p in whole.prescriptions)
    body = found[ORGANS[name][0]]
    assert 1.0 * highest < dose.max() < 1.07 * highest
    # Outside the body nothing but the half-covered pixels of the skin.
    assert dose[~body].mean() < 0.01 * highest
    # A fall-off, not a box: between a tenth and nine tenths lies much more than the target.
    between = (dose > 0.1 * highest) & (dose < 0.9 * highest)
    assert between.sum() > 2 * (dose >= 0.9 * highest).sum()
    cord = dose[found["SpinalCord" if "SpinalCord" in found else "Myelon"]]
    assert cord.max() < 46.0
    for prescription in whole.prescriptions:
        target = dose[found[prescription.description]]
        assert np.median(target) == pytest.approx(prescription.dose_gy, rel=0.05)
        assert 0.2 < target.std() < 3.0
    # Within the body no step between neighbours that a blurred edge or the skin could not make.
    for axis in range(3):
        here, there = np.swapaxes(body, 0, axis)[:-1], np.swapaxes(body, 0, axis)[1:]
        steps = np.abs(np.diff(np.swapaxes(dose, 0, axis), axis=0))[here & there]
        assert steps.max() < 0.4 * highest


@pytest.mark.parametrize("version", VERSIONS)
def test_lung_v20_agrees_with_counting_grid_points(
    check: Check,
    plan: Callable[[str, str], PhantomPlan],
    masks: Callable[[str, str], dict],
    version: str,
) -> None:
    lungs = plan("lung-mets", version).dose_gy[masks("lung-mets", version)["Lungs"]]
    reported = next(v for v in check("lung-mets", version).verdicts if v.goal == "lung-v20")
    assert reported.unit == "%"
    # 180 000 points of 27 mm3: whole points against parts of them, at the lungs' surface.
    assert reported.value == pytest.approx(100 * (lungs >= 20).mean(), abs=0.5)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_liver_reserve_agrees_with_counting_grid_points(
    check: Check, masks: Callable[[str, str], dict], version: str
) -> None:
    found = masks("liver-thrombosis", version)
    counted_cm3 = (found["Whole Liver"] & ~found["gtv 54"]).sum() * 0.027
    verdicts = check("liver-thrombosis", version).verdicts
    reported = next(v for v in verdicts if v.goal == "liver-reserve")
    assert reported.unit == "cc"
    assert reported.value == pytest.approx(counted_cm3, rel=0.01)


def test_an_unknown_example_or_version_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no example 'lung-met'.*Did you mean 'lung-mets'"):
        write_example("lung-met", "complying", tmp_path)
    with pytest.raises(UsageError, match=r"no version 'violated'.*Did you mean 'violating'"):
        write_example("lung-mets", "violated", tmp_path)
    with pytest.raises(UsageError, match="expected one of: complying, violating"):
        write_example("lung-mets", "", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_describes_its_versions(name: str) -> None:
    example = EXAMPLES[name]
    assert example.name == name
    assert example.describe("complying") == example.complying
    assert example.describe("violating") == example.violating
