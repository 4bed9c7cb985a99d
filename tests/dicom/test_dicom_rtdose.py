"""The RT Dose files of one plan -> the one dose of the whole plan."""

import numpy as np
import pytest
from datasets import (
    DOSE,
    PLAN,
    SCALING,
    STORED,
    X,
    Y,
    Z,
    dose,
    fraction_group,
    item,
    part,
    plan,
    references,
    save_all,
    structure_set,
)

from rtcheck.dicom import read_plans

TWO = "1.2.3.33"


def read(folder, *doses, **plan_changes):
    (only,) = read_plans(save_all(folder, plan(**plan_changes), structure_set(), *doses))
    return only


def codes(plan_record):
    return [f.code for f in plan_record.findings]


def assert_dose(plan_record, stored):
    np.testing.assert_allclose(plan_record.dose.dose_gy, stored * SCALING, rtol=1e-12)
    for axis, expected in ((0, X), (1, Y), (2, Z)):
        found = (plan_record.dose.x_mm, plan_record.dose.y_mm, plan_record.dose.z_mm)[axis]
        np.testing.assert_allclose(found, expected, atol=1e-9)


def assert_no_dose(plan_record, code):
    assert plan_record.dose is None
    assert codes(plan_record) == [code]
    assert plan_record.findings[0].severity == "blocks"


def fraction_dose(uid, group, **changes):
    made = dose(uid, DoseSummationType="FRACTION", **changes)
    referenced = item(ReferencedFractionGroupNumber=group)
    made.ReferencedRTPlanSequence = references(PLAN, ReferencedFractionGroupSequence=[referenced])
    return made


# --- doses of parts ---------------------------------------------------------------------------


def test_doses_of_all_beams_are_added(tmp_path):
    beams = [part("1.3.1", [1], DoseGridScaling="0.0004"), part("1.3.2", [2])]
    only = read(tmp_path, *beams)
    assert_dose(only, 1.4 * STORED)
    assert codes(only) == ["DOSE_SUMMED"]
    assert only.sop_instance_uids["rt_dose"] == ["1.3.1", "1.3.2"]


def test_one_dose_may_be_that_of_several_beams(tmp_path):
    only = read(
        tmp_path,
        part("1.3.1", [1, 3]),
        part("1.3.2", [2]),
        FractionGroupSequence=[fraction_group(beams=(1, 2, 3))],
    )
    assert_dose(only, 2 * STORED)


def test_dose_of_the_only_beam_is_that_of_the_plan(tmp_path):
    only = read(tmp_path, part("1.3.1", [1]), FractionGroupSequence=[fraction_group(beams=(1,))])
    assert_dose(only, STORED)
    assert codes(only) == []


@pytest.mark.parametrize("sequence", ["BeamSequence", "IonBeamSequence"])
def test_setup_beams_have_no_dose(tmp_path, sequence):
    beams = [
        item(BeamNumber=1, TreatmentDeliveryType="TREATMENT"),
        item(BeamNumber=2, TreatmentDeliveryType="SETUP"),
    ]
    only = read(tmp_path, part("1.3.1", [1]), **{sequence: beams})
    assert_dose(only, STORED)


@pytest.mark.parametrize(
    "doses",
    [
        [part("1.3.1", [1])],
        [part("1.3.1", [1]), part("1.3.2", [1], DoseGridScaling="0.002")],
        [part("1.3.1", [1, 2]), part("1.3.2", [2])],
        [part("1.3.1", [1]), part("1.3.2", [2]), part("1.3.3", [3])],
        [part("1.3.1", [1]), part("1.3.2", [2], group=2)],
        [part("1.3.1", [1]), dose("1.3.2", DoseSummationType="BEAM")],
        [part("1.3.1", []), part("1.3.2", [])],
    ],
    ids=["one", "one twice", "overlap", "one too many", "other group", "unnamed", "none named"],
)
def test_doses_of_beams_that_are_not_the_whole_plan_are_not_added(tmp_path, doses):
    assert_no_dose(read(tmp_path, *doses), "DOSE_PARTS_INCOMPLETE")


def test_doses_of_beams_do_not_make_up_for_brachytherapy(tmp_path):
    group = fraction_group(beams=(1,))
    group.ReferencedBrachyApplicationSetupSequence = [
        item(ReferencedBrachyApplicationSetupNumber=1)
    ]
    only = read(tmp_path, part("1.3.1", [1]), FractionGroupSequence=[group])
    assert_no_dose(only, "DOSE_PARTS_INCOMPLETE")


def test_same_dose_of_a_beam_twice_counts_once(tmp_path):
    only = read(tmp_path, part("1.3.1", [1]), part("1.3.2", [1]), part("1.3.3", [2]))
    assert_dose(only, 2 * STORED)
    assert codes(only) == ["DOSE_DUPLICATE", "DOSE_SUMMED"]


def test_parts_without_the_plan_are_not_added(tmp_path):
    files = [structure_set(), part("1.3.1", [1]), part("1.3.2", [2])]
    (only,) = read_plans(save_all(tmp_path, *files))
    assert only.dose is None
    assert "DOSE_PARTS_INCOMPLETE" in codes(only)


@pytest.mark.parametrize(
    "changes",
    [
        {"ImagePositionPatient": [X[0] + 1, Y[0], Z[0]]},
        {"PixelSpacing": [3.0, 3.0]},
        {"GridFrameOffsetVector": [0.0, 6.0]},
        {"FrameOfReferenceUID": "1.9"},
    ],
)
def test_doses_of_beams_on_different_grids_are_not_added(tmp_path, changes):
    beams = [part("1.3.1", [1]), part("1.3.2", [2], **changes)]
    assert_no_dose(read(tmp_path, *beams), "DOSE_PARTS_GRIDS_DIFFER")


def test_rounded_positions_are_the_same_grid(tmp_path):
    beams = [part("1.3.1", [1]), part("1.3.2", [2], ImagePositionPatient=[-9.9999, 100, -30])]
    assert_dose(read(tmp_path, *beams), 2 * STORED)


def test_doses_of_all_fraction_groups_are_added(tmp_path):
    groups = [fraction_group(1), fraction_group(2)]
    doses = [fraction_dose("1.3.1", 1), fraction_dose("1.3.2", 2)]
    only = read(tmp_path / "all", *doses, FractionGroupSequence=groups)
    assert_dose(only, 2 * STORED)
    assert sorted(codes(only)) == ["DOSE_SUMMED", "FRACTIONS_AMBIGUOUS"]
    only = read(tmp_path / "one", doses[0], FractionGroupSequence=groups)
    assert only.dose is None
    assert "DOSE_PARTS_INCOMPLETE" in codes(only)


def test_dose_of_the_only_fraction_group_is_that_of_the_plan(tmp_path):
    only = read(tmp_path, fraction_dose("1.3.1", 1))
    assert_dose(only, STORED)
    assert codes(only) == []


# --- several doses of the whole plan ----------------------------------------------------------


def test_dose_of_the_plan_wins_over_its_parts(tmp_path):
    only = read(tmp_path, part("1.3.1", [1]), fraction_dose("1.3.4", 1), dose(), part("1.3.2", [2]))
    assert_dose(only, STORED)
    assert codes(only) == ["DOSE_NOT_USED", "DOSE_NOT_USED"]
    assert {(f.text.split(" not used")[0], f.where) for f in only.findings} == {
        ("2 RT Dose of DoseSummationType BEAM", "file2, file5"),
        ("1 RT Dose of DoseSummationType FRACTION", "file3"),
    }


def test_two_files_with_the_same_dose_are_one(tmp_path):
    only = read(tmp_path, dose(), dose(TWO))
    assert_dose(only, STORED)
    assert codes(only) == ["DOSE_DUPLICATE"]


def test_the_same_dose_in_another_encoding_is_one(tmp_path):
    only = read(tmp_path, dose(), dose(TWO, dtype="<u2"))
    assert_dose(only, STORED)
    assert codes(only) == ["DOSE_DUPLICATE"]


@pytest.mark.parametrize(
    "changes", [{"DoseGridScaling": "0.002"}, {"ImagePositionPatient": [0, 100, -30]}]
)
def test_two_different_doses_of_a_plan_are_ambiguous(tmp_path, changes):
    assert_no_dose(read(tmp_path, dose(), dose(TWO, **changes)), "DOSE_AMBIGUOUS")


def test_relative_dose_beside_the_dose_is_not_passed_over(tmp_path):
    assert_no_dose(read(tmp_path, dose(), dose(TWO, DoseUnits="RELATIVE")), "DOSE_UNITS_NOT_GY")


def test_sum_of_several_plans_is_no_dose_of_one(tmp_path):
    sums = {
        "stated": dose(TWO, DoseSummationType="MULTI_PLAN"),
        "referring to two plans": dose(TWO, (PLAN, "1.9")),
    }
    for name, of_both in sums.items():
        assert_no_dose(read(tmp_path / name, of_both), "DOSE_MULTI_PLAN")
        beside = read(tmp_path / f"{name} beside", of_both, dose())
        assert_dose(beside, STORED)
        assert codes(beside) == ["DOSE_NOT_USED"]


@pytest.mark.parametrize(
    "kind",
    ["PLAN_OVERVIEW", "BRACHY", "FRACTION_SESSION", "BEAM_SESSION", "CONTROL_POINT", "RECORD"],
)
def test_doses_of_anything_else_are_no_dose_of_the_plan(tmp_path, kind):
    only = read(tmp_path, dose(DoseSummationType=kind))
    assert_no_dose(only, "DOSE_SUMMATION_TYPE_UNSUPPORTED")
    assert kind in only.findings[0].text


def test_missing_summation_type_is_not_guessed(tmp_path):
    assert_no_dose(read(tmp_path, dose(DoseSummationType=None)), "DOSE_SUMMATION_TYPE_MISSING")


def test_missing_dose_type_is_told(tmp_path):
    only = read(tmp_path, dose(DoseType=None))
    assert_dose(only, STORED)
    assert codes(only) == ["DOSE_TYPE_MISSING"]


# --- one file a plane -------------------------------------------------------------------------


def planes(*z_mm, **changes):
    """Return RT Dose files of one plane each, the dose growing by a stored unit a millimetre."""
    return [
        dose(
            f"1.3.{index + 1}",
            stored=STORED[:1] + int(z),
            NumberOfFrames=1,
            ImagePositionPatient=[X[0], Y[0], z],
            **changes,
        )
        for index, z in enumerate(z_mm)
    ]


def test_single_planes_are_stacked_in_any_order(tmp_path):
    only = read(tmp_path, *planes(-25, -30, -20))
    np.testing.assert_array_equal(only.dose.z_mm, [-30, -25, -20])
    expected = [(STORED[0, 0, 0] + z) * SCALING for z in (-30, -25, -20)]
    np.testing.assert_allclose(only.dose.dose_gy[:, 0, 0], expected, rtol=1e-12)
    assert codes(only) == ["DOSE_STACKED"]


@pytest.mark.parametrize(
    "doses",
    [
        planes(-30, -25),
        planes(-30, -25, -15),
        planes(-30, -25, -25),
        [*planes(-30, -25), dose("1.3.9", stored=STORED[:1], PixelSpacing=[4, 4])],
    ],
    ids=["two show no spacing", "one is missing", "one twice", "another grid"],
)
def test_planes_that_are_no_stack_are_refused(tmp_path, doses):
    assert_no_dose(read(tmp_path, *doses), "DOSE_STACK_INVALID")


def test_dose_of_a_single_plane_is_read(tmp_path):
    only = read(tmp_path, *planes(-30))
    assert only.dose.dose_gy.shape == (1, 3, 4)
    assert codes(only) == []
    assert only.sop_instance_uids["rt_dose"] != [DOSE]
