"""Every finding: raised by a file with just that fault, through the one public door."""

import zipfile

import numpy as np
import pytest
from datasets import (
    PATIENT_ID,
    PATIENT_NAME,
    PLAN,
    SET,
    STORED,
    contour,
    contours_of,
    dose,
    dvh,
    fraction_group,
    item,
    part,
    plan,
    references,
    roi,
    save,
    save_all,
    square,
    structure_set,
    target,
)

from rtcheck.dicom import CODES, read_plans
from rtcheck.plan import plan_blocks

OTHER = "1.2.3.99"


def of_plan(**changes):
    return [plan(**changes), structure_set(), dose()]


def of_set(**changes):
    return [plan(), structure_set(**changes), dose()]


def of_dose(*others, **changes):
    return [plan(), structure_set(), dose(**changes), *others]


def of_doses(*doses):
    return [plan(), structure_set(), *doses]


def of_contours(*contours, **changes):
    return of_set(ROIContourSequence=[contours_of(1, contours, **changes)])


def of_rx(*references_):
    return of_plan(DoseReferenceSequence=list(references_))


def plane(uid, z, **changes):
    return dose(uid, stored=STORED[:1], ImagePositionPatient=[-10, 100, z], **changes)


def of_dvhs(*dvhs, set_uid=SET):
    sets = references(set_uid) if set_uid else None
    return of_dose(DVHSequence=list(dvhs), ReferencedStructureSetSequence=sets)


def without_plan(*objects):
    return [o for o in objects if o.Modality != "RTPLAN"]


def made(hour, prefix="InstanceCreation"):
    return {f"{prefix}Date": "20260102", f"{prefix}Time": f"{hour:02d}0000"}


def observation(kind, number=1):
    return item(ObservationNumber=number, ReferencedROINumber=1, RTROIInterpretedType=kind)


def _too_large(folder):
    save_all(folder / "plan", *of_plan())
    save(plan(OTHER), folder / "other")
    archive = folder / "x.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as z:
        z.write(folder / "other", "other")
        size = z.infolist()[0].file_size.to_bytes(4, "little")
    data = archive.read_bytes()
    directory = data.rindex(b"PK\x01\x02")
    claimed = data[directory:].replace(size, b"\0\0\0\xf0", 1)  # 3.75 GiB
    archive.write_bytes(data[:directory] + claimed)
    return [folder / "plan", archive]


def _cut(folder):
    save_all(folder, *of_plan())
    path = save(plan(OTHER), folder / "cut")
    path.write_bytes(path.read_bytes()[:-20])
    return [folder]


def _too_deep(folder):
    save_all(folder, *of_plan())
    (folder / "/".join(["d"] * 70)).mkdir(parents=True)
    return [folder]


FILES = {
    "FILE_TOO_LARGE": _too_large,
    "INPUT_TOO_LARGE": _too_deep,
    "FILE_UNREADABLE": _cut,
}
"""Faults of the files themselves: they are written by a function."""

FAULTS = {
    "FILE_DUPLICATE": of_dose(plan()),
    "RT_PLAN_MISSING": [structure_set(), dose()],
    "RT_PLAN_COPIES_DIFFER": of_dose(plan(RTPlanLabel="Plan B")),
    "RT_PLAN_UNREADABLE": of_plan(
        FractionGroupSequence=[fraction_group(NumberOfFractionsPlanned=[5, 6])]
    ),
    "RT_PLAN_FRAME_DIFFERS": of_plan(FrameOfReferenceUID=OTHER),
    "STRUCTURE_SET_MISSING": [plan(), dose()],
    "STRUCTURE_SET_LINK_GUESSED": of_plan(set_uids=()),
    "STRUCTURE_SET_LINK_AMBIGUOUS": [plan(set_uids=()), structure_set(), structure_set(OTHER)],
    "STRUCTURE_SET_NOT_USED": of_dose(structure_set(OTHER)),
    "STRUCTURE_SET_COPIES_DIFFER": of_dose(structure_set(StructureSetLabel="Set 2")),
    "STRUCTURE_SET_UNREADABLE": of_set(StructureSetROISequence=[roi(1, "PTV", ROINumber=None)]),
    "PATIENT_ID_MISMATCH": of_dose(PatientID="MRN0815"),
    "STRUCTURE_SETS_CONFLICT": of_dose(ReferencedStructureSetSequence=references(OTHER)),
    "PATIENT_DATA_DIFFER": of_dose(PatientBirthDate="19500101", PatientName="Doe^John"),
    "PATIENT_POSITION_DIFFERS": of_dose(ImageOrientationPatient=[-1, 0, 0, 0, -1, 0]),
    "STUDY_DIFFERS": [
        plan(StudyInstanceUID="1.2.7"),
        structure_set(StudyInstanceUID="1.2.8"),
        dose(),
    ],
    "STRUCTURE_SET_NEWER": [plan(), structure_set(**made(12, "StructureSet")), dose(**made(11))],
    "STRUCTURE_SET_NEWER_EXISTS": [
        plan(),
        structure_set(**made(11)),
        structure_set(OTHER, **made(12)),
        dose(),
    ],
    "DOSE_OLDER": [plan(**made(12, "RTPlan")), structure_set(), dose(**made(11))],
    "RT_PLAN_REVISED": [
        plan(**made(11, "RTPlan")),
        plan(OTHER, **made(12, "RTPlan")),
        structure_set(),
        dose(),
    ],
    "RT_PLAN_INTENT": of_plan(PlanIntent="VERIFICATION"),
    "APPROVAL_REJECTED": of_plan(ApprovalStatus="REJECTED"),
    "FRAME_OF_REFERENCE_MISSING": of_dose(FrameOfReferenceUID=None),
    # RT Dose as a whole
    "DOSE_MISSING": of_doses(),
    "DOSE_UNREADABLE": of_dose(Rows=None),
    "DOSE_LINK_GUESSED": of_dose(plan_uids=()),
    "DOSE_LINK_AMBIGUOUS": of_dose(plan(OTHER), plan_uids=()),
    "DOSE_OF_OTHER_PLAN": of_dose(plan_uids=(OTHER,)),
    "DOSE_COPIES_DIFFER": of_dose(dose(DoseGridScaling="0.002")),
    "DOSE_OF_UNCLEAR_PLAN": of_dose(plan(RTPlanLabel="Plan B")),
    "DOSE_AMBIGUOUS": of_dose(dose(OTHER, DoseGridScaling="0.002")),
    "DOSE_DUPLICATE": of_dose(dose(OTHER)),
    "DOSE_NOT_USED": of_dose(part(OTHER, [1])),
    "DOSE_MULTI_PLAN": of_dose(DoseSummationType="MULTI_PLAN"),
    "DOSE_SUMMATION_TYPE_MISSING": of_dose(DoseSummationType=None),
    "DOSE_SUMMATION_TYPE_UNSUPPORTED": of_dose(DoseSummationType="PLAN_OVERVIEW"),
    "DOSE_SUMMED": of_doses(part("1.3.1", [1]), part("1.3.2", [2])),
    "DOSE_PARTS_INCOMPLETE": of_doses(part("1.3.1", [1])),
    "DOSE_PARTS_GRIDS_DIFFER": of_doses(
        part("1.3.1", [1]), part("1.3.2", [2], ImagePositionPatient=[0, 100, -30])
    ),
    "DOSE_STACKED": of_doses(*(plane(f"1.3.{-z}", z) for z in (-30, -25, -20))),
    "DOSE_STACK_INVALID": of_doses(*(plane(f"1.3.{-z}", z) for z in (-30, -25, -15))),
    "DOSE_FRAME_DIFFERS": of_dose(FrameOfReferenceUID=OTHER),
    "DOSE_STRUCTURE_SET_DIFFERS": without_plan(
        *of_dose(ReferencedStructureSetSequence=references(OTHER))
    ),
    "DOSE_PRESCRIPTION_IMPLAUSIBLE": of_rx(target(TargetPrescriptionDose="50")),
    # RT Dose content
    "DOSE_UNITS_NOT_GY": of_dose(DoseUnits="RELATIVE"),
    "DOSE_TYPE_NOT_PHYSICAL": of_dose(DoseType="EFFECTIVE"),
    "DOSE_HOMOGENEOUS": of_dose(TissueHeterogeneityCorrection=["IMAGE", "WATER"]),
    "DOSE_TYPE_MISSING": of_dose(DoseType=None),
    "DOSE_GRID_SCALING_INVALID": of_dose(DoseGridScaling="0"),
    "DOSE_NEGATIVE": of_dose(stored=-STORED, dtype="<i4"),
    "DOSE_ALL_ZERO": of_dose(stored=0 * STORED),
    "DOSE_GRID_OBLIQUE": of_dose(ImageOrientationPatient=[0.6, 0.8, 0, -0.8, 0.6, 0]),
    "DOSE_GRID_INVALID": of_dose(PixelSpacing=None),
    "DOSE_FRAME_OFFSETS_INVALID": of_dose(GridFrameOffsetVector=[0, 0]),
    "DOSE_PIXEL_DATA_MISSING": of_dose(PixelData=None),
    "DOSE_PIXEL_DATA_TRUNCATED": of_dose(PixelData=bytes(90)),
    "DOSE_PIXEL_DATA_MISMATCH": of_dose(PixelData=bytes(98)),
    "DOSE_PIXEL_FORMAT_UNSUPPORTED": of_dose(BitsStored=12, HighBit=11),
    # DVHs that the planning system stored
    "TPS_DVH_STALE": without_plan(*of_dvhs(dvh(), set_uid=OTHER)),
    "TPS_DVH_REFERENCE_MISSING": of_dvhs(dvh(), set_uid=None),
    "TPS_DVH_ROI_UNKNOWN": of_dvhs(dvh(9)),
    "TPS_DVH_NOT_OF_ONE_ROI": of_dvhs(
        dvh(DVHReferencedROISequence=[item(ReferencedROINumber=n) for n in (1, 2)])
    ),
    "TPS_DVH_UNSUPPORTED": of_dvhs(dvh(DoseUnits="RELATIVE")),
    "TPS_DVH_CUT_OFF": of_dvhs(dvh(1, [8, 6, 4, 2, 0], DVHMeanDose="1.25", DVHMinimumDose="0.1")),
    "TPS_DVH_INVALID": of_dvhs(dvh(volumes=[2.0, 8.0])),
    "TPS_DVH_TWICE": of_dvhs(dvh(), dvh(volumes=[8.0, 2.0])),
    "TPS_DVH_STATISTICS_UNCLEAR": of_dvhs(dvh(DVHMeanDose="7777")),
    # RT Structure Set
    "STRUCTURE_SET_TYPES_MISSING": of_set(RTROIObservationsSequence=None),
    "ROI_EMPTY": of_contours(),
    "ROI_NUMBER_DUPLICATE": of_set(StructureSetROISequence=[roi(1, "PTV"), roi(1, "Cord")]),
    "ROI_NAME_DUPLICATE": of_set(StructureSetROISequence=[roi(1, "PTV"), roi(2, "PTV")]),
    "ROI_CONTOURS_TWICE": of_set(
        ROIContourSequence=[contours_of(1, [square()]), contours_of(1, [square(-26)])]
    ),
    "ROI_CONTOURS_WITHOUT_ROI": of_set(ROIContourSequence=[contours_of(9, [square()])]),
    "ROI_TYPE_CONFLICT": of_set(
        RTROIObservationsSequence=[observation("PTV"), observation("ORGAN", 2)]
    ),
    "ROI_UNREADABLE": of_contours(square(), contour([1, 2, 3], NumberOfContourPoints=[1, 2])),
    "ROI_FRAME_DIFFERS": of_set(
        StructureSetROISequence=[
            roi(1, "PTV", ReferencedFrameOfReferenceUID=OTHER),
            roi(2, "Cord"),
        ]
    ),
    "ROI_ONLY_OPEN_CONTOURS": of_contours(contour([1, 2, 3], "POINT")),
    "CONTOURS_OPEN_DROPPED": of_contours(square(), contour([1, 2, 3], "POINT")),
    "CONTOURS_TOO_SHORT": of_contours(square(), contour([1, 2, 3])),
    "CONTOURS_NOT_AXIAL": of_contours(contour([0, 0, 0, 9, 0, 0, 9, 9, 9])),
    "CONTOUR_TYPE_UNKNOWN": of_contours(square(kind="CLOSED_SPIRAL")),
    "CONTOUR_DATA_INVALID": of_contours(contour([0, 0, 0, 9, 0, 0, 9, 9, 0, 1])),
    # RT Plan
    "PRESCRIPTION_MISSING": of_plan(DoseReferenceSequence=None),
    "PRESCRIPTION_DOSE_MISSING": of_rx(target(TargetPrescriptionDose=None)),
    "PRESCRIPTION_INVALID": of_rx(target(TargetPrescriptionDose="-2")),
    "PRESCRIPTION_OF_POINT": of_rx(target(), target(2, DoseReferenceStructureType="POINT")),
    "PRESCRIPTION_ROI_UNKNOWN": of_rx(target(ReferencedROINumber=9)),
    "PRESCRIPTION_CONFLICT": of_rx(target(), target(2, TargetPrescriptionDose="2.2")),
    "FRACTIONS_MISSING": of_plan(FractionGroupSequence=None),
    "FRACTIONS_AMBIGUOUS": of_plan(FractionGroupSequence=[fraction_group(), fraction_group(2)]),
    "FRACTIONS_DOUBTFUL": of_plan(
        FractionGroupSequence=[fraction_group(NumberOfFractionsPlanned=25)]
    ),
    "FRACTION_PATTERN_INVALID": of_plan(
        FractionGroupSequence=[fraction_group(FractionPattern="1")]
    ),
}
"""Finding code -> the objects of an export that has this fault."""


def read_with(code, folder):
    paths = FILES[code](folder) if code in FILES else [save_all(folder, *FAULTS[code])]
    plans = read_plans(paths)
    return next(p for p in plans if any(f.code == code for f in p.findings))


OF_PLANS = [code for code in CODES if not code.startswith("CT_")]
"""Codes of findings when plans are read; test_dicom_ct.py has those of pictures."""


def test_every_code_has_a_fault():
    assert set(OF_PLANS) == FAULTS.keys() | FILES.keys()


def test_an_export_without_fault_has_no_finding(tmp_path):
    (only,) = read_plans(save_all(tmp_path, plan(), structure_set(), dose()))
    assert only.findings == ()
    assert only.sop_instance_uids["rt_plan"] == PLAN
    assert only.sop_instance_uids["rt_structure_set"] == SET
    assert only.dose is not None


@pytest.mark.parametrize("code", OF_PLANS)
def test_the_fault_is_found(tmp_path, code):
    severity, what_to_do = CODES[code]
    faulty = read_with(code, tmp_path)
    finding = next(f for f in faulty.findings if f.code == code)
    assert finding.severity is severity
    assert finding.text.endswith(f"; {what_to_do}.")
    for text in (f.text + f.where for f in faulty.findings):
        assert "Doe" not in text
        assert PATIENT_ID not in text
        assert PATIENT_NAME not in text


@pytest.mark.parametrize("code", [c for c in OF_PLANS if CODES[c][0] == "blocks"])
def test_what_blocks_leaves_nothing_to_judge(tmp_path, code):
    faulty = read_with(code, tmp_path)
    (finding, *_) = [f for f in faulty.findings if f.code == code]
    drawn = [s for s in faulty.structures if s.roi_name == finding.where]
    if drawn:
        assert all(s.is_empty for s in drawn)
    else:
        assert faulty.dose is None or plan_blocks(faulty)


@pytest.mark.parametrize("code", [c for c in OF_PLANS if CODES[c][0] != "blocks"])
def test_what_does_not_block_leaves_the_plan(tmp_path, code):
    faulty = read_with(code, tmp_path)
    assert plan_blocks(faulty) == []
    if "rt_plan" in faulty.sop_instance_uids:
        assert faulty.rt_plan_label == "Plan A"
    assert faulty.dose is not None
    assert np.isfinite(faulty.dose.dose_gy).all()
