"""The planning system's own DVHs in the RT Dose: read as it means them, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import (
    AT_LEAST,
    PATIENT_ID,
    PATIENT_NAME,
    SET,
    contours_of,
    dose,
    dvh,
    item,
    pairs,
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
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from rtcheck.dicom import read_plans
from rtcheck.phantoms.encoding import TransferSyntax
from rtcheck.plan import Plan, Severity, StoredDvh

# AT_LEAST: 8 cc of which 6 have 1 to 2 Gy and 2 have 2 to 3 Gy, evenly spread in bins of 0.5 Gy.
IN_BIN = [0.0, 0.0, 3.0, 3.0, 1.0, 1.0]
EDGES = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
MEAN = (6 * 1.5 + 2 * 2.5) / 8


def as_written(keyword: str, text: str) -> Dataset:
    """Return a DVH in which an attribute of numbers holds any text."""
    made, tag = dvh(), Tag(keyword)
    raw = (text + " " * (len(text) % 2)).encode()
    made[tag] = RawDataElement(tag, "DS", len(raw), raw, 0, True, True)
    return made


def read(folder: Path, *dvhs: Dataset, **changes: Any) -> Plan:
    """Read a plan of the ROIs PTV (1) and Cord (2), 2 Gy prescribed, with these stored DVHs."""
    changes = {"ReferencedStructureSetSequence": references(SET), **changes}
    rois = structure_set(
        StructureSetROISequence=[roi(1, "PTV"), roi(2, "Cord")],
        ROIContourSequence=[contours_of(n, [square(-28.0), square(-26.0)]) for n in (1, 2)],
    )
    save_all(folder, plan(), rois, dose(DVHSequence=list(dvhs), **changes))
    (found,) = read_plans(folder)
    return found


def the_only(found: Plan) -> StoredDvh:
    (stored,) = found.stored_dvhs
    return stored


def tps_codes(found: Plan) -> list[str]:
    return [f.code for f in found.findings if f.code.startswith("TPS_")]


def test_a_cumulative_curve_is_read_at_the_left_edges(tmp_path: Path) -> None:
    found = read(tmp_path, dvh())
    stored = the_only(found)
    assert tps_codes(found) == []
    assert (stored.roi_number, stored.dvh_type, stored.volume_unit) == (1, "CUMULATIVE", "cm3")
    np.testing.assert_allclose(stored.dose_gy, EDGES)
    np.testing.assert_allclose(stored.volume, [*AT_LEAST, 0.0])
    assert (stored.total, stored.bin_width_gy) == (8.0, 0.5)
    assert stored.min_gy is stored.mean_gy is stored.max_gy is None
    assert found.stored_dvh(1) is stored
    assert found.stored_dvh(2) is None


def test_a_differential_curve_is_the_same_as_its_cumulative(tmp_path: Path) -> None:
    stored = the_only(read(tmp_path, dvh(volumes=IN_BIN, DVHType="DIFFERENTIAL")))
    assert stored.dvh_type == "DIFFERENTIAL"
    np.testing.assert_allclose(stored.dose_gy, EDGES)
    np.testing.assert_allclose(stored.volume, [*AT_LEAST, 0.0])


def test_dose_scaling_turns_widths_into_gy(tmp_path: Path) -> None:
    """The widths may be in cGy, with a scaling of 0.01."""
    changed = dvh(DVHData=pairs(AT_LEAST, 50), DVHDoseScaling="0.01")
    np.testing.assert_allclose(the_only(read(tmp_path, changed)).dose_gy, EDGES)


def test_a_first_bin_may_reach_up_to_the_least_dose(tmp_path: Path) -> None:
    data = ["1.0", "8", *pairs([8.0, 5.0, 2.0, 1.0])]
    stored = the_only(read(tmp_path, dvh(DVHData=data)))
    np.testing.assert_allclose(stored.dose_gy, [0, 1, 1.5, 2, 2.5, 3])
    assert stored.bin_width_gy == 0.5


@pytest.mark.parametrize("syntax", [TransferSyntax.IMPLICIT, TransferSyntax.EXPLICIT])
def test_every_encoding_of_the_file_is_read(tmp_path: Path, syntax: TransferSyntax) -> None:
    changes = {"ReferencedStructureSetSequence": references(SET)}
    for n, made in enumerate((plan(), structure_set(), dose(DVHSequence=[dvh()], **changes))):
        save(made, tmp_path / f"{n}", syntax)
    np.testing.assert_allclose(the_only(read_plans(tmp_path)[0]).dose_gy, EDGES)


# What the standard leaves open -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "share"), [("left edge", 0.0), ("centre", 0.5), ("right edge", 1.0)]
)
def test_where_a_volume_stands_in_its_bin_is_told_by_the_stated_mean(
    tmp_path: Path, where: str, share: float
) -> None:
    stored = the_only(read(tmp_path, dvh(DVHMeanDose=str(MEAN + share * 0.5))))
    assert stored.volume_at == where
    np.testing.assert_allclose(stored.dose_gy, np.array(EDGES) + share * 0.5)
    assert stored.mean_gy == MEAN + share * 0.5


@pytest.mark.parametrize(
    ("factor", "unit"), [(1.0, "in Gy"), (0.01, "in cGy"), (0.02, "in percent of 2 Gy")]
)
def test_the_unit_of_what_is_stated_is_told_by_the_curve(
    tmp_path: Path, factor: float, unit: str
) -> None:
    """One Eclipse states percent of the prescription, here 2 Gy, and another Gy."""
    stated = {
        "DVHMinimumDose": str(1.1 / factor),
        "DVHMeanDose": str(MEAN / factor),
        "DVHMaximumDose": str(2.9 / factor),
    }
    found = read(tmp_path, dvh(**stated))
    stored = the_only(found)
    assert (stored.min_gy, stored.mean_gy, stored.max_gy) == pytest.approx((1.1, MEAN, 2.9))
    assert unit in found.details["stored_dvhs"]
    assert tps_codes(found) == []


def test_percent_of_the_normalisation_dose_is_recognised(tmp_path: Path) -> None:
    found = read(tmp_path, dvh(DVHMeanDose=str(MEAN / 0.05)), DVHNormalizationDoseValue="5")
    assert the_only(found).mean_gy == pytest.approx(MEAN)


def test_one_convention_for_all_curves_of_a_file(tmp_path: Path) -> None:
    """1.75 of PTV could be Gy; that its cord has 175 says what the numbers are."""
    both = dvh(1, DVHMeanDose=str(MEAN * 100)), dvh(2, DVHMeanDose=str(MEAN * 100))
    found = read(tmp_path, *both)
    assert [d.mean_gy for d in found.stored_dvhs] == pytest.approx([MEAN, MEAN])
    assert "cGy" in found.details["stored_dvhs"]


def test_what_is_stated_and_cannot_be_that_of_the_curve_is_not_used(tmp_path: Path) -> None:
    stated = {"DVHMeanDose": str(MEAN), "DVHMaximumDose": "9", "DVHMinimumDose": "1"}
    found = read(tmp_path, dvh(**stated), dvh(2, DVHMeanDose=str(MEAN)))
    stored = found.stored_dvh(1)
    assert (stored.mean_gy, stored.max_gy, stored.min_gy) == (MEAN, None, 1.0)
    assert tps_codes(found) == ["TPS_DVH_STATISTICS_UNCLEAR"]
    assert "PTV" in next(f for f in found.findings if f.code.startswith("TPS_")).text


def test_a_curve_that_begins_above_the_least_dose_has_no_total(tmp_path: Path) -> None:
    """Volumes at the centre of their bin: the first is what has half a bin or more."""
    centred = {"DVHMeanDose": str(MEAN + 0.25), "DVHMinimumDose": "0.01"}
    low = dvh(2, [8.0, 6.0, 2.0], DVHMinimumDose="0.01", DVHMeanDose="1.0")
    found = read(tmp_path, dvh(**(centred | {"DVHMinimumDose": "1.2"})), low)
    assert [d.roi_number for d in found.stored_dvhs] == [1]
    assert tps_codes(found) == ["TPS_DVH_CUT_OFF"]


# What is not used --------------------------------------------------------------------------------

REFUSED = [
    ({"DVHType": "NATURAL"}, "TPS_DVH_UNSUPPORTED"),
    ({"DVHVolumeUnits": "PER_U"}, "TPS_DVH_UNSUPPORTED"),
    ({"DoseUnits": "RELATIVE"}, "TPS_DVH_UNSUPPORTED"),
    ({"DoseUnits": None}, "TPS_DVH_UNSUPPORTED"),
    ({"DoseType": "EFFECTIVE"}, "TPS_DVH_UNSUPPORTED"),
    ({"DVHVolumeUnits": "PERCENT"}, "TPS_DVH_UNSUPPORTED"),  # begins at 8 %
    ({"DVHData": pairs([0.0, 0.0])}, "TPS_DVH_UNSUPPORTED"),
    ({"DVHData": pairs([8.0, 5.0, 6.0])}, "TPS_DVH_INVALID"),  # rises
    ({"DVHData": pairs(AT_LEAST)[:-1]}, "TPS_DVH_INVALID"),  # a dose without a volume
    ({"DVHData": ["0.5", "8", "-0.5", "2"]}, "TPS_DVH_INVALID"),
    ({"DVHData": ["0", "8", "0", "2"]}, "TPS_DVH_INVALID"),
    ({"DVHData": None}, "TPS_DVH_INVALID"),
    ({"DVHData": pairs([1.0, -1.0]), "DVHType": "DIFFERENTIAL"}, "TPS_DVH_INVALID"),
    ({"DVHDoseScaling": None}, "TPS_DVH_INVALID"),
    ({"DVHDoseScaling": "0"}, "TPS_DVH_INVALID"),
    ({"DVHDoseScaling": "-1"}, "TPS_DVH_INVALID"),
    ({"DVHReferencedROISequence": None}, "TPS_DVH_INVALID"),
]


@pytest.mark.parametrize(("changes", "code"), REFUSED, ids=[str(c)[1:40] for c, _ in REFUSED])
def test_what_cannot_be_understood_is_a_finding_and_no_number(
    tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    found = read(tmp_path, dvh(1, **changes), dvh(2))
    assert [d.roi_number for d in found.stored_dvhs] == [2], "the other one is still used"
    assert tps_codes(found) == [code]
    assert not any(f.severity is Severity.BLOCKS for f in found.findings)
    text = " ".join(f.text + f.where for f in found.findings)
    assert PATIENT_ID not in text
    assert PATIENT_NAME not in text


@pytest.mark.parametrize("text", ["0.5\\8\\0.5\\eight", "0.5\\8\\0.5\\nan", "0.5\\8\\\\2", "\\"])
def test_data_that_are_no_numbers_are_a_finding(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, as_written("DVHData", text), dvh(2))
    assert [d.roi_number for d in found.stored_dvhs] == [2]
    assert tps_codes(found) == ["TPS_DVH_INVALID"]
    assert "eight" not in " ".join(f.text for f in found.findings)


@pytest.mark.parametrize("text", ["much", "nan", "inf", "-1", "", "1\\2"])
def test_a_stated_dose_that_is_none_is_read_off_the_curve(tmp_path: Path, text: str) -> None:
    stored = the_only(read(tmp_path, as_written("DVHMeanDose", text)))
    assert stored.mean_gy is None
    np.testing.assert_allclose(stored.dose_gy, EDGES)


def test_combinations_of_rois_are_not_those_of_one(tmp_path: Path) -> None:
    def contribution(number: int, kind: str) -> Dataset:
        return item(ReferencedROINumber=number, DVHROIContributionType=kind)

    both = [contribution(1, "INCLUDED"), contribution(2, "INCLUDED")]
    without = [contribution(1, "EXCLUDED")]
    found = read(
        tmp_path, dvh(DVHReferencedROISequence=both), dvh(DVHReferencedROISequence=without)
    )
    assert found.stored_dvhs == ()
    assert tps_codes(found) == ["TPS_DVH_NOT_OF_ONE_ROI"] * 2


def test_a_curve_of_an_roi_that_is_not_there(tmp_path: Path) -> None:
    found = read(tmp_path, dvh(99), dvh(1))
    assert [d.roi_number for d in found.stored_dvhs] == [1]
    assert tps_codes(found) == ["TPS_DVH_ROI_UNKNOWN"]


def test_curves_of_another_structure_set_are_stale(tmp_path: Path) -> None:
    found = read(tmp_path, dvh(), ReferencedStructureSetSequence=references("1.2.3.99"))
    assert found.stored_dvhs == ()
    (stale,) = (f for f in found.findings if f.code == "TPS_DVH_STALE")
    assert stale.severity is Severity.WARNS


def test_curves_that_name_no_structure_set_are_used_and_that_is_said(tmp_path: Path) -> None:
    found = read(tmp_path, dvh(), ReferencedStructureSetSequence=None)
    assert len(found.stored_dvhs) == 1
    assert tps_codes(found) == ["TPS_DVH_REFERENCE_MISSING"]


def test_one_roi_twice(tmp_path: Path) -> None:
    """The same in both forms is one; two that differ are none."""
    forms = dvh(), dvh(volumes=IN_BIN, DVHType="DIFFERENTIAL")
    assert the_only(read(tmp_path, *forms)).dvh_type == "CUMULATIVE"
    found = read(tmp_path, dvh(), dvh(volumes=[9.0, 1.0]), dvh(2))
    assert [d.roi_number for d in found.stored_dvhs] == [2]
    assert tps_codes(found) == ["TPS_DVH_TWICE"]


def test_a_relative_curve_keeps_to_percent(tmp_path: Path) -> None:
    percent = [100 * v / 8 for v in AT_LEAST]
    stored = the_only(read(tmp_path, dvh(volumes=percent, DVHVolumeUnits="PERCENT")))
    assert (stored.volume_unit, stored.total) == ("%", 100.0)


def test_rounding_at_the_end_of_a_curve_is_no_fault(tmp_path: Path) -> None:
    """An Eclipse ends its curves with -2.9e-13 cc."""
    found = read(tmp_path, dvh(volumes=[8.0, 8.0, 2.0, 4.7e-13, -2.9e-13]))
    assert tps_codes(found) == []
    assert the_only(found).volume.min() == 0.0


def test_a_number_of_bins_that_does_not_match_the_data_is_no_fault(tmp_path: Path) -> None:
    found = read(tmp_path, dvh(DVHNumberOfBins=77))
    assert len(the_only(found).dose_gy) == len(AT_LEAST) + 1
    assert tps_codes(found) == []


def test_curves_of_single_beams_are_not_those_of_the_plan(tmp_path: Path) -> None:
    """The beams' doses are added up; their histograms cannot be."""
    beams = [part(f"1.2.3.7{n}", [n], DVHSequence=[dvh()]) for n in (1, 2)]
    save_all(tmp_path, plan(), structure_set(), *beams)
    (found,) = read_plans(tmp_path)
    assert found.dose is not None
    assert found.stored_dvhs == ()
    assert found.source_files.dose is None, "no single file holds the dose of the plan"


def test_beside_a_plan_dose_those_of_beams_do_not_count(tmp_path: Path) -> None:
    changes = {"ReferencedStructureSetSequence": references(SET)}
    other = part("1.2.3.77", [1], DVHSequence=[dvh(volumes=[1.0])])
    whole = dose(DVHSequence=[dvh()], **changes)
    save_all(tmp_path, plan(DoseReferenceSequence=[target()]), structure_set(), other, whole)
    assert the_only(read_plans(tmp_path)[0]).total == 8.0
