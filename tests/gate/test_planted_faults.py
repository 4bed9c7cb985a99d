"""Faults planted in a clean export: each is found, and none that blocks lets a pass through."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from chest import (
    FRACTIONS,
    RX,
    again,
    checked_export,
    clean,
    contours_named,
    dose_values,
    move,
    roi_named,
)
from pydicom import Dataset
from pydicom.uid import generate_uid

from rtcheck.plan import Severity
from rtcheck.verdict import Outcome

FAULTS: dict[str, tuple[str, Callable[..., object]]] = {}


def fault(code: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Note a function as one that plants a fault, and the code it is found by."""

    def note(plant: Callable[..., object]) -> Callable[..., object]:
        assert plant.__name__ not in FAULTS
        FAULTS[plant.__name__] = (code, plant)
        return plant

    return note


# Plan, structures and dose: each function changes them, or returns the objects to write --------


@fault("DOSE_LEVEL_IMPLAUSIBLE")
def dose_of_one_fraction(plan, structures, dose):
    dose.DoseGridScaling = f"{float(dose.DoseGridScaling) / FRACTIONS:.9g}"


@fault("DOSE_LEVEL_IMPLAUSIBLE")
def dose_ten_times_too_high(plan, structures, dose):
    dose.DoseGridScaling = f"{float(dose.DoseGridScaling) * 10:.9g}"


@fault("DOSE_PRESCRIPTION_IMPLAUSIBLE")
def dose_in_cgy_called_gy(plan, structures, dose):
    dose.DoseGridScaling = f"{float(dose.DoseGridScaling) * 100:.9g}"


@fault("DOSE_LEVEL_IMPLAUSIBLE")
def prescription_of_the_boost_only(plan, structures, dose):
    plan.DoseReferenceSequence[0].TargetPrescriptionDose = "16"


@fault("DOSE_LEVEL_UNUSUAL")
def dose_of_two_plans(plan, structures, dose):
    dose.DoseGridScaling = f"{float(dose.DoseGridScaling) * 1.32:.9g}"


@fault("DOSE_LEVEL_UNUSUAL")
def dose_without_one_of_four_beams(plan, structures, dose):
    dose.DoseGridScaling = f"{float(dose.DoseGridScaling) * 0.75:.9g}"


@fault("DOSE_LEVEL_IMPLAUSIBLE")
def dose_that_missed_the_target(plan, structures, dose):
    dose.ImagePositionPatient = [-80, -112, -66]


@fault("DOSE_PARTS_INCOMPLETE")
def dose_of_plan_that_names_one_beam_of_two(plan, structures, dose):
    beams = plan.FractionGroupSequence[0].ReferencedBeamSequence
    beams.append(copy.deepcopy(beams[0]))
    beams[1].ReferencedBeamNumber = 2
    group = Dataset()
    group.ReferencedFractionGroupNumber = 1
    group.ReferencedBeamSequence = [Dataset()]
    group.ReferencedBeamSequence[0].ReferencedBeamNumber = 1
    dose.ReferencedRTPlanSequence[0].ReferencedFractionGroupSequence = [group]


@fault("DOSE_UNITS_NOT_GY")
def dose_in_percent(plan, structures, dose):
    dose.DoseUnits = "RELATIVE"


@fault("DOSE_TYPE_NOT_PHYSICAL")
def effective_dose(plan, structures, dose):
    dose.DoseType = "EFFECTIVE"


@fault("DOSE_MULTI_PLAN")
def dose_of_several_plans(plan, structures, dose):
    dose.DoseSummationType = "MULTI_PLAN"


@fault("DOSE_NEGATIVE")
def dose_difference(plan, structures, dose):
    dose.PixelRepresentation = 1
    dose.PixelData = (-dose_values(dose).astype("<i8") // 2).astype("<i4").tobytes()


@fault("DOSE_ALL_ZERO")
def dose_not_calculated(plan, structures, dose):
    dose.PixelData = bytes(len(dose.PixelData))


@fault("DOSE_PLANES_MISSING")
def dose_plane_missing(plan, structures, dose):
    values, offsets = dose_values(dose), list(dose.GridFrameOffsetVector)
    dose.PixelData = np.delete(values, 20, axis=0).tobytes()
    dose.NumberOfFrames = len(values) - 1
    dose.GridFrameOffsetVector = offsets[:20] + offsets[21:]


@fault("DOSE_CUT_OFF")
def dose_below_a_tenth_left_out(plan, structures, dose):
    values = dose_values(dose)
    values[values < values.max() // 10] = 0
    dose.PixelData = values.tobytes()


@fault("DOSE_HOMOGENEOUS")
def dose_in_water(plan, structures, dose):
    dose.TissueHeterogeneityCorrection = "WATER"


@fault("DOSE_GRID_COARSE")
def small_target_on_a_coarse_grid(plan, structures, dose):
    move(structures, "GTV", lambda p: np.array([-60, 0, 0]) + (p - [-60, 0, 0]) * [0.4, 0.4, 1])


@fault("TARGET_OUTSIDE_DOSE")
def target_beyond_the_dose_grid(plan, structures, dose):
    values = dose_values(dose)
    dose.PixelData = values[:26].tobytes()
    dose.NumberOfFrames = 26
    dose.GridFrameOffsetVector = list(dose.GridFrameOffsetVector)[:26]


@fault("DOSE_PIXEL_DATA_TRUNCATED")
def dose_cut_short(plan, structures, dose):
    dose.PixelData = dose.PixelData[:-400]


@fault("DOSE_FRAME_OFFSETS_INVALID")
def dose_planes_in_no_order(plan, structures, dose):
    offsets = list(dose.GridFrameOffsetVector)
    dose.GridFrameOffsetVector = [offsets[0], offsets[2], offsets[1], *offsets[3:]]


@fault("DOSE_GRID_OBLIQUE")
def dose_grid_askew(plan, structures, dose):
    dose.ImageOrientationPatient = [0.995, 0.0998, 0, -0.0998, 0.995, 0]


@fault("DOSE_OF_OTHER_PLAN")
def dose_of_an_earlier_version_of_the_plan(plan, structures, dose):
    dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = generate_uid()


@fault("DOSE_FRAME_DIFFERS")
def dose_of_another_image(plan, structures, dose):
    dose.FrameOfReferenceUID = generate_uid()


@fault("DOSE_AMBIGUOUS")
def dose_calculated_twice(plan, structures, dose):
    again = clean()[2]
    again.SOPInstanceUID = again.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    again.DoseGridScaling = f"{float(dose.DoseGridScaling) * 1.01:.9g}"
    return plan, structures, dose, again


@fault("DOSE_OLDER")
def dose_older_than_the_plan(plan, structures, dose):
    plan.RTPlanDate = "20240103"


@fault("STRUCTURE_SET_NEWER")
def structures_changed_after_the_dose(plan, structures, dose):
    structures.StructureSetDate = "20240103"


@fault("STRUCTURE_SET_NEWER_EXISTS")
def newer_structures_beside_it(plan, structures, dose):
    newer = clean()[1]
    newer.SOPInstanceUID = newer.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    newer.StructureSetDate = "20240103"
    return plan, structures, dose, newer


@fault("RT_PLAN_REVISED")
def newer_version_of_the_plan_beside_it(plan, structures, dose):
    newer = clean()[0]
    newer.SOPInstanceUID = newer.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    newer.RTPlanDate = "20240103"
    return plan, structures, dose, newer


@fault("RT_PLAN_COPIES_DIFFER")
def plan_exported_again_under_its_uid(plan, structures, dose):
    again = clean()[0]
    again.DoseReferenceSequence[0].TargetPrescriptionDose = "48"
    return plan, structures, dose, again


@fault("STRUCTURE_SETS_CONFLICT")
def dose_made_for_other_structures(plan, structures, dose):
    named = Dataset()
    named.ReferencedSOPClassUID = structures.SOPClassUID
    named.ReferencedSOPInstanceUID = generate_uid()
    dose.ReferencedStructureSetSequence = [named]


@fault("STRUCTURE_SET_LINK_GUESSED")
def structures_of_the_plan_not_there(plan, structures, dose):
    plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID = generate_uid()


@fault("STRUCTURE_SET_MISSING")
def structures_left_out(plan, structures, dose):
    return plan, dose


@fault("DOSE_MISSING")
def dose_left_out(plan, structures, dose):
    return plan, structures


@fault("RT_PLAN_MISSING")
def plan_left_out(plan, structures, dose):
    return structures, dose


@fault("PATIENT_ID_MISMATCH")
def structures_of_another_patient(plan, structures, dose):
    structures.PatientID = "OTHER"


@fault("PATIENT_DATA_DIFFER")
def another_birth_date(plan, structures, dose):
    plan.PatientBirthDate, dose.PatientBirthDate = "19500101", "19510101"


@fault("STUDY_DIFFERS")
def dose_of_another_study(plan, structures, dose):
    dose.StudyInstanceUID = generate_uid()


@fault("PATIENT_POSITION_DIFFERS")
def dose_for_a_patient_who_lies_otherwise(plan, structures, dose):
    dose.ImageOrientationPatient = [-1, 0, 0, 0, 1, 0]


@fault("APPROVAL_REJECTED")
def plan_rejected(plan, structures, dose):
    plan.ApprovalStatus = "REJECTED"


@fault("APPROVAL_REJECTED")
def structures_rejected(plan, structures, dose):
    structures.ApprovalStatus = "REJECTED"


@fault("FRACTION_DOSE_IMPLAUSIBLE")
def prescription_per_fraction(plan, structures, dose):
    plan.DoseReferenceSequence[0].TargetPrescriptionDose = "2"


@fault("FRACTIONS_DOUBTFUL")
def five_fractions_of_beams_for_twenty_five(plan, structures, dose):
    group = plan.FractionGroupSequence[0]
    for beam in group.ReferencedBeamSequence:
        beam.BeamDose = f"{RX / FRACTIONS / len(group.ReferencedBeamSequence):.6g}"
    group.NumberOfFractionsPlanned = 5


@fault("RT_PLAN_INTENT")
def plan_of_a_measurement_in_a_phantom(plan, structures, dose):
    plan.PlanIntent = "VERIFICATION"


@fault("FRACTIONS_MISSING")
def fractions_left_out(plan, structures, dose):
    del plan.FractionGroupSequence[0].NumberOfFractionsPlanned


@fault("PRESCRIPTION_MISSING")
def prescription_left_out(plan, structures, dose):
    del plan.DoseReferenceSequence


# Contours ----------------------------------------------------------------------------------------


@fault("SIDES_SWAPPED")
def lungs_with_each_others_names(plan, structures, dose):
    left, right = roi_named(structures, "Lung_L"), roi_named(structures, "Lung_R")
    left.ROIName, right.ROIName = "Lung_R", "Lung_L"


@fault("SIDES_SWAPPED")
def everything_mirrored(plan, structures, dose):
    for roi in structures.StructureSetROISequence:
        move(structures, roi.ROIName, lambda p: p * [-1, 1, 1])


@fault("SIDE_DOUBTFUL")
def one_kidney_on_the_other_side(plan, structures, dose):
    roi_named(structures, "Lung_L").ROIName = "Kidney_R"


@fault("TARGET_NOT_NESTED")
def ctv_beside_its_ptv(plan, structures, dose):
    move(structures, "CTV", lambda p: p + np.array([20, 0, 0]))


@fault("TARGET_NOT_NESTED")
def ptv_that_ends_a_few_slices_early(plan, structures, dose):
    contours = contours_named(structures, "PTV").ContourSequence
    del contours[:6]


@fault("VOLUME_IMPLAUSIBLE")
def cord_as_large_as_a_lung(plan, structures, dose):
    roi_named(structures, "SpinalCord").ROIName = "Cord old"
    roi_named(structures, "Lung_L").ROIName = "SpinalCord"


@fault("VOLUME_IMPLAUSIBLE")
def lung_drawn_on_one_corner(plan, structures, dose):
    move(
        structures, "Lung_L", lambda p: np.array([70, -10, 0]) + (p - [70, -10, 0]) * [0.1, 0.1, 1]
    )


@fault("STRUCTURE_OUTSIDE_BODY")
def cord_of_another_image(plan, structures, dose):
    move(structures, "SpinalCord", lambda p: p + np.array([0, 60, 0]))


@fault("STRUCTURE_OUTSIDE_BODY")
def body_of_another_position(plan, structures, dose):
    move(structures, "BODY", lambda p: p + np.array([80, 0, 0]))


@fault("PLACE_DOUBTFUL")
def cord_in_a_lung(plan, structures, dose):
    move(structures, "SpinalCord", lambda p: p + np.array([60, 0, 0]))


@fault("NAMES_ALIKE")
def leftover_with_the_name_that_a_rule_asks_for(plan, structures, dose):
    roi_named(structures, "SpinalCord").ROIName = "spinal cord"
    again(structures, "GTV", "SpinalCord", "ORGAN")


@fault("TARGET_EMPTY")
def target_never_drawn(plan, structures, dose):
    again(structures, "PTV", "PTV_boost", "PTV")
    contours_named(structures, "PTV_boost").ContourSequence = []


@fault("EXTERNAL_SEVERAL")
def two_bodies(plan, structures, dose):
    structures.RTROIObservationsSequence[4].RTROIInterpretedType = "EXTERNAL"


@fault("ROI_NAME_DUPLICATE")
def two_rois_of_one_name(plan, structures, dose):
    roi_named(structures, "Lung_L").ROIName = "SpinalCord"


@fault("ROI_NUMBER_DUPLICATE")
def two_rois_of_one_number(plan, structures, dose):
    roi_named(structures, "Lung_L").ROINumber = roi_named(structures, "SpinalCord").ROINumber


@fault("ROI_EMPTY")
def cord_never_drawn(plan, structures, dose):
    contours_named(structures, "SpinalCord").ContourSequence = []


@fault("ROI_FRAME_DIFFERS")
def cord_drawn_on_another_image(plan, structures, dose):
    roi_named(structures, "SpinalCord").ReferencedFrameOfReferenceUID = generate_uid()


@fault("ROI_ONLY_OPEN_CONTOURS")
def cord_of_open_contours(plan, structures, dose):
    for contour in contours_named(structures, "SpinalCord").ContourSequence:
        contour.ContourGeometricType = "OPEN_PLANAR"


@fault("CONTOURS_OPEN_DROPPED")
def one_contour_left_open(plan, structures, dose):
    contours_named(structures, "SpinalCord").ContourSequence[3].ContourGeometricType = "OPEN_PLANAR"


@fault("CONTOUR_SLICES_BRIDGED")
def cord_with_a_slice_missing(plan, structures, dose):
    del contours_named(structures, "SpinalCord").ContourSequence[15]


@fault("CONTOUR_SLICES_SPLIT")
def cord_with_slices_missing(plan, structures, dose):
    del contours_named(structures, "SpinalCord").ContourSequence[12:18]


@fault("CONTOURS_DOUBLED")
def contour_drawn_twice(plan, structures, dose):
    contours = contours_named(structures, "SpinalCord").ContourSequence
    contours.append(copy.deepcopy(contours[4]))


@fault("CONTOURS_CROSS")
def contours_across_each_other(plan, structures, dose):
    contours = contours_named(structures, "Lung_L").ContourSequence
    again = copy.deepcopy(contours[4])
    points = np.array(again.ContourData, dtype=float).reshape(-1, 3) + np.array([20, 20, 0])
    again.ContourData = [f"{value:.3f}" for value in points.ravel()]
    contours.append(again)


@fault("CONTOUR_SELF_CROSSING")
def contour_that_crosses_itself(plan, structures, dose):
    contour = contours_named(structures, "Lung_L").ContourSequence[4]
    points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
    half = len(points) // 2
    points[half:] = points[half:][::-1].copy()
    contour.ContourData = [f"{value:.3f}" for value in points.ravel()]


@fault("CONTOURS_FLAT")
def cord_of_points_in_one_place(plan, structures, dose):
    for contour in contours_named(structures, "SpinalCord").ContourSequence[5:30]:
        contour.ContourData = list(contour.ContourData[:3]) * 10
        contour.NumberOfContourPoints = 10


@fault("CONTOURS_NOT_AXIAL")
def cord_drawn_on_sagittal_planes(plan, structures, dose):
    move(structures, "SpinalCord", lambda p: p[:, [2, 1, 0]])


@fault("TARGET_NOT_CHECKED")
def target_that_no_goal_looks_at(plan, structures, dose):
    roi_named(structures, "GTV").ROIName = "GTV boost"


# ---------------------------------------------------------------------------------------------


def test_the_clean_export_passes_without_a_finding(tmp_path: Path) -> None:
    report = checked_export(tmp_path, clean())
    assert report.findings == ()
    assert report.overall is Outcome.PER_PROTOCOL
    assert report.exit_code == 0


def test_the_list_is_long_enough() -> None:
    assert len(FAULTS) >= 40


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name: str, tmp_path: Path) -> None:
    code, plant = FAULTS[name]
    plan, structures, dose = clean()
    objects = plant(plan, structures, dose) or (plan, structures, dose)
    report = checked_export(tmp_path, objects)
    found = {f.code: f for f in report.findings}
    assert code in found, sorted(found)
    if found[code].severity is Severity.BLOCKS:
        assert report.overall is not Outcome.PER_PROTOCOL
        assert report.exit_code != 0
