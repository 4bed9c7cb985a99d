"""What other tools are known to get wrong: for each pitfall the tests that hold rtcheck to it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from bodies import RX, LinearDose, UniformDose, axes, ball, box, plan_of, written
from chest import again, checked_export, clean, move, roi_named

import rtcheck
from rtcheck.plan import Prescription
from rtcheck.verdict import Outcome

TESTS = Path(__file__).resolve().parents[1]

METRICS = {
    "a volume at a dose without a unit is percent here and cc there": [
        "test_no_unit_is_assumed_where_tools_assume_different_ones",
        "test_a_missing_dose_unit_is_named_with_those_that_fit",
    ],
    "maximum is a voxel, a near-maximum, or D0.03cc": [
        "test_max_is_not_a_near_maximum_under_its_name",
        "test_a_single_hot_voxel_in_a_large_body_is_its_maximum",
    ],
    "D98% of a target of 2 cc is a few voxels": ["test_near_minimum_of_a_small_target_by_volume"],
    "DC is the dose of the cold part, or a difference": [
        "test_dc_is_the_dose_of_the_cold_part_and_no_difference",
        "test_dc_is_d_of_the_rest",
    ],
    "volume at exactly the maximum is nothing": ["test_volume_at_exactly_the_maximum_counts"],
    "percent of a sum of plans": [
        "test_percent_is_of_the_prescription_that_is_named",
        "test_percent_of_no_named_prescription",
    ],
    "a curve is read at the nearest bin": [
        "test_the_curve_is_read_between_its_points_not_at_the_nearest_bin",
        "test_dose_at_volume_round_trip",
    ],
    "100 cc is taken as 100 %, and 0 as the maximum": [
        "test_100_cc_is_not_100_percent",
        "test_a_volume_of_zero_is_not_the_maximum",
    ],
    "a homogeneity index has eight definitions": [
        "test_an_index_carries_its_definition",
        "test_homogeneity_says_its_definition",
    ],
    "a conformity index needs one EXTERNAL, or takes the first BODY": [
        "test_the_reference_region_of_an_index_needs_no_body_contour",
        "test_an_isodose_that_leaves_the_grid_has_no_volume",
    ],
    "mean and median of bins": [
        "test_the_median_is_of_the_volume_not_of_occupied_bins",
        "test_the_mean_is_weighted_by_volume_and_not_by_bins",
    ],
    "EQD2 of all bins with one dose per fraction": [
        "test_low_dose_voxels_have_their_own_dose_per_fraction",
        "test_no_parameter_is_accepted_and_ignored",
        "test_dose_other_than_physical_is_refused",
    ],
    "an absolute volume is 100 times too large": [
        "test_absolute_volume_is_not_percent_times_volume"
    ],
    "D2cc of 1.5 cc is 0 Gy, and passes": [
        "test_a_small_overdosed_organ_does_not_pass",
        "test_more_volume_than_there_is",
    ],
    "what leaves the dose grid inherits dose, or is forgotten": [
        "test_missing_tissue_inherits_no_dose_and_the_volume_does_not_shrink",
        "test_nothing_of_it_on_the_grid_is_no_zero",
        "test_bounds_over_what_is_unknown",
    ],
}

DICOM = {
    "ROIs without contours, and lists in another order": [
        "test_lists_are_joined_by_number_not_by_position",
        "test_an_empty_roi_is_not_evaluated",
    ],
    "holes, keyholes, specks and open contours": [
        "test_a_hole_is_not_filled",
        "test_a_keyhole_without_width_is_the_same_solid_as_nested_contours",
        "test_closed_contours_are_kept",
        "test_open_contours_are_dropped_with_a_finding",
        "test_contours_without_extent_are_empty",
    ],
    "frame offsets absolute, descending, irregular; SliceThickness": [
        "test_absolute_offsets",
        "test_irregular_offsets",
        "test_every_orientation_gives_the_same_grid",
    ],
    "patients who lie otherwise than head first, supine": [
        "test_the_plan_is_the_same_in_every_position",
        "test_every_orientation_gives_the_same_numbers",
    ],
    "doses of beams, fractions, plans and single planes in one folder": [
        "test_doses_of_all_beams_are_added",
        "test_dose_of_the_plan_wins_over_its_parts",
        "test_sum_of_several_plans_is_no_dose_of_one",
        "test_single_planes_are_stacked_in_any_order",
        "test_dose_that_names_no_plan_is_taken_for_the_only_one",
    ],
    "unsigned read as signed, relative and effective dose, no transfer syntax": [
        "test_unsigned_values_above_the_signed_range",
        "test_units_other_than_gy_are_refused",
        "test_dose_other_than_physical_is_refused",
        "test_without_transfer_syntax",
        "test_file_without_transfer_syntax",
    ],
    "prescriptions missing, of an organ, of a beam; brachytherapy": [
        "test_target_without_dose",
        "test_first_reference_may_be_an_organ_at_risk",
        "test_beam_dose_is_never_a_prescription",
        "test_number_of_fractions_missing",
        "test_doses_of_beams_do_not_make_up_for_brachytherapy",
    ],
    "contour planes off the dose planes, jitter, missing and single slices": [
        "test_contours_between_dose_planes_are_measured",
        "test_jitter_of_the_planes_is_one_plane",
        "test_a_missing_slice_is_bridged_and_said",
        "test_a_structure_of_one_slice_takes_the_spacing_of_the_set",
    ],
    "structures not there, re-exports, another frame of reference": [
        "test_structure_set_the_plan_names_is_not_there_and_one_fits",
        "test_one_uid_with_two_contents_blocks",
        "test_dose_of_a_plan_that_is_not_there_is_not_taken_for_another",
        "test_a_planted_fault_is_found",
    ],
    "names: blanks, case, doubles, commas, sides by suffix; PatientID": [
        "test_names_lose_padding_only",
        "test_duplicate_names_warn",
        "test_odd_roi_names_are_names",
        "test_left_is_never_right",
        "test_findings_and_records_name_no_patient",
    ],
    "stored DVHs differential, scaled, of no ROI, out of date": [
        "test_a_differential_curve_is_the_same_as_its_cumulative",
        "test_dose_scaling_turns_widths_into_gy",
        "test_a_curve_of_an_roi_that_is_not_there",
        "test_curves_of_another_structure_set_are_stale",
    ],
    "EXTERNAL absent, or there twice": [
        "test_without_a_body_everything_is_judged_alike",
        "test_with_two_bodies_everything_is_judged_alike",
        "test_couch_and_bolus_outside_the_body_are_nothing",
    ],
    "very large or fine grids": [
        "test_plain_pixels_are_a_view_of_the_file",
        "test_a_fine_grid_of_millions_of_points_is_read_in_little_memory",
        "test_limits_are_what_the_caller_says",
    ],
    "files without preamble": ["test_export_without_preambles", "test_files_without_preamble"],
    "conventions of stored DVHs: percent, bins, cut off, count of bins": [
        "test_the_unit_of_what_is_stated_is_told_by_the_curve",
        "test_where_a_volume_stands_in_its_bin_is_told_by_the_stated_mean",
        "test_a_curve_that_begins_above_the_least_dose_has_no_total",
        "test_a_number_of_bins_that_does_not_match_the_data_is_no_fault",
    ],
    "what counts beyond the end planes": [
        "test_ends_of_a_box_are_anywhere_within_a_slice",
        "test_the_other_models_err_on_a_sphere_as_is_known_of_them",
    ],
    "negative offsets, several PatientIDs, wide gaps, beyond the grid": [
        "test_every_orientation_gives_the_same_grid",
        "test_the_fault_is_found",
        "test_a_wide_gap_splits_and_is_said",
        "test_half_is_outside",
    ],
}


@pytest.mark.parametrize("pitfall", [*METRICS, *DICOM])
def test_a_pitfall_has_its_tests(pitfall: str) -> None:
    written_tests = set()
    for path in TESTS.rglob("test_*.py"):
        written_tests |= set(re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8")))
    named = set((METRICS | DICOM)[pitfall])
    assert named
    assert named <= written_tests, named - written_tests


def test_near_minimum_of_a_small_target_by_volume() -> None:
    plan = plan_of(
        {"PTV": ball(6.0, spacing_mm=1.0)},
        LinearDose(RX, (1.0, 0.0, 0.0)),
        prescriptions=[Prescription("PTV", RX, 5, 1)],
    )
    target = plan["PTV"]
    volume = target.volume_cm3
    assert volume < 2  # cc
    near_minimum = target.measure("D98%[Gy]").value
    # 2 % of it are far less than the 35 mm³ that ICRU 91 asks for, so they are colder: each
    # expression is what it says, and neither stands for the other.
    cold = target.measure("DC0.035cc[Gy]").value
    assert near_minimum == pytest.approx(target.measure(f"DC{0.02 * volume:.6f}cc[Gy]").value)
    assert near_minimum < cold - 0.05


def test_without_a_body_everything_is_judged_alike(tmp_path: Path) -> None:
    plan, structures, dose = clean()
    number = roi_named(structures, "BODY").ROINumber
    for keyword, key in (
        ("StructureSetROISequence", "ROINumber"),
        ("ROIContourSequence", "ReferencedROINumber"),
        ("RTROIObservationsSequence", "ReferencedROINumber"),
    ):
        kept = [item for item in getattr(structures, keyword) if item[key].value != number]
        setattr(structures, keyword, kept)
    with_body = checked_export(tmp_path / "with", clean())
    without = checked_export(tmp_path / "without", (plan, structures, dose))
    assert without.overall is Outcome.PER_PROTOCOL
    assert [(v.goal, v.value) for v in without.verdicts] == [
        (v.goal, v.value) for v in with_body.verdicts
    ]


def test_with_two_bodies_everything_is_judged_alike(tmp_path: Path) -> None:
    plan, structures, dose = clean()
    number = roi_named(structures, "Lung_L").ROINumber
    for observation in structures.RTROIObservationsSequence:
        if observation.ReferencedROINumber == number:
            observation.RTROIInterpretedType = "EXTERNAL"
    report = checked_export(tmp_path, (plan, structures, dose))
    assert [f.code for f in report.findings] == ["EXTERNAL_SEVERAL"]
    assert report.overall is Outcome.PER_PROTOCOL


def test_couch_and_bolus_outside_the_body_are_nothing(tmp_path: Path) -> None:
    plan, structures, dose = clean()
    for name, kind in (("Couch", "SUPPORT"), ("Bolus", "BOLUS")):
        again(structures, "SpinalCord", name, kind)
        move(structures, name, lambda points: points + np.array([0, 45, 0]))
    report = checked_export(tmp_path, (plan, structures, dose))
    assert report.findings == ()
    assert report.overall is Outcome.PER_PROTOCOL


def test_a_fine_grid_of_millions_of_points_is_read_in_little_memory(tmp_path: Path) -> None:
    import tracemalloc

    xyz = axes(-60, 60, 0.6)  # 8 million points
    folder = written(tmp_path / "fine", {"PTV": box((20, 20, 20))}, UniformDose(RX), xyz)
    tracemalloc.start()
    plan = rtcheck.read(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    dose = plan.record.dose
    assert dose is not None
    assert dose.dose_gy.size == len(xyz[0]) ** 3 > 8e6
    # The grid in double precision, the file's bytes, and room for one more of either.
    assert peak < 3 * dose.dose_gy.nbytes, peak / dose.dose_gy.nbytes
    assert np.ptp(dose.dose_gy) < 1e-6
