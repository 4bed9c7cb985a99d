"""Which RT objects form one plan: by UID, and by likeness only with a finding."""

import pytest
from datasets import (
    DOSE,
    FRAME,
    PLAN,
    SET,
    dose,
    item,
    plan,
    references,
    roi,
    save_all,
    structure_set,
    target,
)

from rtcheck.dicom import read_plans
from rtcheck.errors import UsageError

PLAN_B, SET_B, DOSE_B, FRAME_B = "1.2.3.11", "1.2.3.12", "1.2.3.13", "1.2.3.19"


def codes(plan_record):
    return [f.code for f in plan_record.findings]


def uids(plan_record):
    found = dict(plan_record.sop_instance_uids)
    return found.get("rt_plan"), found.get("rt_structure_set"), found["rt_dose"]


def set_b(**changes):
    """Return another structure set, drawn in an image of its own unless told."""
    frame = changes.pop("frame", FRAME_B)
    return structure_set(
        SET_B,
        ReferencedFrameOfReferenceSequence=[item(FrameOfReferenceUID=frame)],
        StructureSetROISequence=[roi(1, "PTV", ReferencedFrameOfReferenceUID=frame)],
        **changes,
    )


def plan_b(**changes):
    return plan(PLAN_B, (SET_B,), RTPlanLabel="Plan B", **changes)


ORDERS = ["012345", "543210", "350142", "240531", "135024", "401253"]


@pytest.mark.parametrize("order", ORDERS)
def test_two_plans_in_a_folder_are_told_apart_in_any_order(tmp_path, order):
    files = [
        plan(),
        structure_set(),
        dose(),
        plan_b(FrameOfReferenceUID=FRAME_B),
        set_b(),
        dose(DOSE_B, (PLAN_B,), FrameOfReferenceUID=FRAME_B, DoseGridScaling="0.002"),
    ]
    a, b = read_plans(save_all(tmp_path, *(files[int(i)] for i in order)))
    assert (a.rt_plan_label, *uids(a)) == ("Plan A", PLAN, SET, [DOSE])
    assert (b.rt_plan_label, *uids(b)) == ("Plan B", PLAN_B, SET_B, [DOSE_B])
    assert b.dose.dose_gy.max() == pytest.approx(2 * a.dose.dose_gy.max(), rel=1e-12)
    assert a.findings == ()
    assert codes(b) == []


def test_plan_is_chosen_by_label_or_uid(tmp_path):
    save_all(tmp_path, plan(), plan_b(), structure_set(), set_b(frame=FRAME))
    (by_label,) = read_plans(tmp_path, plan="Plan B")
    (by_uid,) = read_plans(tmp_path, plan=PLAN_B)
    assert uids(by_label) == uids(by_uid) == (PLAN_B, SET_B, [])
    with pytest.raises(UsageError, match="no plan 'Plan C'") as caught:
        read_plans(tmp_path, plan="Plan C")
    assert "'Plan A' (1.2.3.1), 'Plan B' (1.2.3.11)" in caught.value.expected


def test_two_patients_with_the_same_labels_are_never_mixed(tmp_path):
    other = {"PatientID": "MRN0815", "FrameOfReferenceUID": FRAME_B}
    a, b = read_plans(
        save_all(
            tmp_path,
            plan(),
            dose(),
            structure_set(),
            # Patient B came without dose and structures.
            plan(PLAN_B, (SET_B,), **other),
        )
    )
    assert uids(a) == (PLAN, SET, [DOSE])
    assert a.findings == ()
    assert uids(b) == (PLAN_B, None, [])
    assert (b.dose, b.structures) == (None, ())
    assert sorted(codes(b)) == ["DOSE_MISSING", "STRUCTURE_SET_MISSING"]


def test_two_plans_may_share_a_structure_set(tmp_path):
    files = [plan(), plan(PLAN_B, RTPlanLabel="Plan B"), structure_set()]
    a, b = read_plans(save_all(tmp_path, *files, dose(), dose(DOSE_B, (PLAN_B,))))
    assert uids(a) == (PLAN, SET, [DOSE])
    assert uids(b) == (PLAN_B, SET, [DOSE_B])
    assert codes(a) == codes(b) == []


# --- an RT Dose without a usable reference ----------------------------------------------------


def test_dose_that_names_no_plan_is_taken_for_the_only_one(tmp_path):
    (only,) = read_plans(save_all(tmp_path, plan(), structure_set(), dose(plan_uids=())))
    assert uids(only) == (PLAN, SET, [DOSE])
    assert only.dose is not None
    assert codes(only) == ["DOSE_LINK_GUESSED"]


def test_dose_that_names_no_plan_is_not_taken_where_there_is_a_choice(tmp_path):
    files = [plan(), plan(PLAN_B, RTPlanLabel="Plan B"), structure_set(), dose(plan_uids=())]
    for either in read_plans(save_all(tmp_path, *files)):
        assert either.dose is None
        assert codes(either) == ["DOSE_LINK_AMBIGUOUS"]


@pytest.mark.parametrize(
    "changes",
    [
        {"PatientID": "MRN0815"},
        {"FrameOfReferenceUID": FRAME_B},
        {"PatientID": None, "FrameOfReferenceUID": None},
    ],
    ids=["another patient", "another image", "nobody's"],
)
def test_dose_that_names_no_plan_is_not_taken_if_it_does_not_fit(tmp_path, changes):
    files = [plan(), structure_set(), dose(plan_uids=(), **changes)]
    alone, with_plan = read_plans(save_all(tmp_path, *files))
    assert with_plan.dose is None
    assert codes(with_plan) == ["DOSE_MISSING"]
    assert uids(alone) == (None, None, [DOSE])


def test_dose_of_a_plan_that_is_not_there_is_not_taken_for_another(tmp_path):
    # The dose of an earlier version of the plan, on the same image and structures.
    files = [plan(), structure_set(), dose(plan_uids=("1.9",))]
    (only,) = read_plans(save_all(tmp_path, *files))
    assert only.dose is None
    assert codes(only) == ["DOSE_OF_OTHER_PLAN"]

    # Beside a plan that has its own dose it stands for itself.
    files = [plan(), structure_set(), dose(), dose(DOSE_B, ("1.9",))]
    alone, whole = read_plans(save_all(tmp_path / "2", *files))
    assert uids(whole) == (PLAN, SET, [DOSE])
    assert codes(whole) == []
    assert uids(alone) == (None, SET, [DOSE_B])


@pytest.mark.parametrize("plan_uids", [(), ("1.9",)])
def test_dose_and_structures_without_plan_are_read(tmp_path, plan_uids):
    (only,) = read_plans(save_all(tmp_path, structure_set(), dose(plan_uids=plan_uids)))
    assert uids(only) == (None, SET, [DOSE])
    assert only.dose is not None
    assert (only.rt_plan_label, only.prescriptions) == ("", ())
    assert sorted(codes(only)) == ["RT_PLAN_MISSING", "STRUCTURE_SET_LINK_GUESSED"]


def test_doses_of_two_plans_without_the_plans_are_not_added(tmp_path):
    files = [structure_set(), dose(plan_uids=("1.8",)), dose(DOSE_B, ("1.9",))]
    one, other = read_plans(save_all(tmp_path, *files))
    assert sorted([*uids(one)[2], *uids(other)[2]]) == sorted([DOSE, DOSE_B])


# --- an RT Structure Set without a usable reference -------------------------------------------


def test_structure_set_the_plan_names_is_not_there_and_one_fits(tmp_path):
    files = [plan(set_uids=("1.9",)), structure_set(), dose()]
    (only,) = read_plans(save_all(tmp_path, *files))
    assert uids(only) == (PLAN, SET, [DOSE])
    assert codes(only) == ["STRUCTURE_SET_LINK_GUESSED"]
    assert "the only one that fits" in only.findings[0].text


def test_structure_set_the_dose_names_is_taken_before_likeness(tmp_path):
    files = [plan(set_uids=()), structure_set(), set_b(frame=FRAME)]
    dose_file = dose(ReferencedStructureSetSequence=references(SET_B))
    (only,) = read_plans(save_all(tmp_path, *files, dose_file))
    assert uids(only) == (PLAN, SET_B, [DOSE])
    assert sorted(codes(only)) == ["STRUCTURE_SET_LINK_GUESSED", "STRUCTURE_SET_NOT_USED"]


@pytest.mark.parametrize("set_uids", [(), ("1.9",), (SET, SET_B)])
def test_of_two_structure_sets_none_is_taken(tmp_path, set_uids):
    files = [plan(set_uids=set_uids), structure_set(), set_b(frame=FRAME), dose()]
    (only,) = read_plans(save_all(tmp_path, *files))
    assert uids(only) == (PLAN, None, [DOSE])
    assert only.structures == ()
    assert "STRUCTURE_SET_LINK_AMBIGUOUS" in codes(only)


def test_structure_set_of_another_image_or_patient_is_not_taken(tmp_path):
    for index, other in enumerate((set_b(), set_b(frame=FRAME, PatientID="MRN0815"))):
        files = [plan(set_uids=("1.9",)), other, dose()]
        found = read_plans(save_all(tmp_path / str(index), *files))
        assert [uids(p)[:2] for p in found] == [(None, SET_B), (PLAN, None)]
        assert "STRUCTURE_SET_MISSING" in codes(found[1])


def test_second_structure_set_is_told_and_not_used(tmp_path):
    files = [plan(), structure_set(), set_b(frame=FRAME), dose()]
    (only,) = read_plans(save_all(tmp_path, *files))
    assert uids(only) == (PLAN, SET, [DOSE])
    assert codes(only) == ["STRUCTURE_SET_NOT_USED"]


def test_roi_numbers_are_not_looked_up_in_another_structure_set(tmp_path):
    volume = target(
        DoseReferenceStructureType="VOLUME",
        ReferencedROINumber=1,
        DoseReferenceDescription="Boost",
    )
    own = [plan(DoseReferenceSequence=[volume]), structure_set(), dose()]
    (only,) = read_plans(save_all(tmp_path / "own", *own))
    assert [(p.name, p.roi_number) for p in only.prescriptions] == [("PTV", 1)]
    other = [plan(DoseReferenceSequence=[volume], set_uids=("1.9",)), structure_set(), dose()]
    (only,) = read_plans(save_all(tmp_path / "other", *other))
    assert [(p.name, p.roi_number) for p in only.prescriptions] == [("Boost", None)]
    assert codes(only) == ["STRUCTURE_SET_LINK_GUESSED", "PRESCRIPTION_ROI_UNKNOWN"]


# --- copies -----------------------------------------------------------------------------------


def test_the_same_file_twice_is_one_object(tmp_path):
    files = [plan(), structure_set(), dose()]
    (only,) = read_plans(save_all(tmp_path, *files, *files))
    assert uids(only) == (PLAN, SET, [DOSE])
    assert codes(only) == ["FILE_DUPLICATE"] * 3
    assert only.findings[0].text.startswith("there are equal copies of it: file3")


@pytest.mark.parametrize(
    ("copy", "code"),
    [
        (plan(RTPlanLabel="Plan B"), "RT_PLAN_COPIES_DIFFER"),
        (structure_set(StructureSetLabel="Set 2"), "STRUCTURE_SET_COPIES_DIFFER"),
        (dose(DoseGridScaling="0.002"), "DOSE_COPIES_DIFFER"),
    ],
)
def test_one_uid_with_two_contents_blocks(tmp_path, copy, code):
    (only,) = read_plans(save_all(tmp_path, plan(), structure_set(), dose(), copy))
    finding = next(f for f in only.findings if f.code == code)
    assert finding.severity == "blocks"
    if code != "STRUCTURE_SET_COPIES_DIFFER":
        assert only.dose is None  # which of the plans it belongs to, or which of the doses it is
