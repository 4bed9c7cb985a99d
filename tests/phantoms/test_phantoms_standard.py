"""The written files have every attribute that DICOM PS3.3 demands, read by pydicom alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID

from rtcheck.phantoms import (
    Beam,
    PhantomPlan,
    Prescription,
    Roi,
    Sphere,
    UniformDose,
    slice_planes_mm,
    write_plan,
)

# Type 1: present, with a value. Type 2: present, may be empty. "A/B" is B in each item of A.
# Patient, General Study, RT Series, General Equipment, Frame of Reference, SOP Common.
COMMON_1 = (
    "SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID Modality FrameOfReferenceUID"
)
COMMON_2 = (
    "PatientName PatientID PatientBirthDate PatientSex StudyDate StudyTime ReferringPhysicianName"
    " StudyID AccessionNumber SeriesNumber OperatorsName Manufacturer PositionReferenceIndicator"
)
# Structure Set, ROI Contour, RT ROI Observations, Approval.
RTSTRUCT_1 = """StructureSetLabel StructureSetROISequence
    ReferencedFrameOfReferenceSequence/FrameOfReferenceUID
    StructureSetROISequence/ROINumber
    StructureSetROISequence/ReferencedFrameOfReferenceUID
    ROIContourSequence ROIContourSequence/ReferencedROINumber
    ROIContourSequence/ContourSequence/ContourGeometricType
    ROIContourSequence/ContourSequence/NumberOfContourPoints
    ROIContourSequence/ContourSequence/ContourData
    RTROIObservationsSequence RTROIObservationsSequence/ObservationNumber
    RTROIObservationsSequence/ReferencedROINumber ApprovalStatus"""
RTSTRUCT_2 = """StructureSetDate StructureSetTime StructureSetROISequence/ROIName
    StructureSetROISequence/ROIGenerationAlgorithm
    RTROIObservationsSequence/RTROIInterpretedType RTROIObservationsSequence/ROIInterpreter"""
# RT General Plan, RT Prescription, RT Patient Setup, RT Fraction Scheme, RT Beams, Approval.
_BEAM = "BeamSequence/"
_FIRST = "BeamSequence/ControlPointSequence/"
RTPLAN_1 = f"""RTPlanLabel RTPlanGeometry ReferencedStructureSetSequence
    ReferencedStructureSetSequence/ReferencedSOPClassUID
    ReferencedStructureSetSequence/ReferencedSOPInstanceUID
    DoseReferenceSequence/DoseReferenceNumber DoseReferenceSequence/DoseReferenceStructureType
    DoseReferenceSequence/DoseReferenceType
    PatientSetupSequence/PatientSetupNumber PatientSetupSequence/PatientPosition
    FractionGroupSequence FractionGroupSequence/FractionGroupNumber
    FractionGroupSequence/NumberOfBeams FractionGroupSequence/NumberOfBrachyApplicationSetups
    FractionGroupSequence/ReferencedBeamSequence/ReferencedBeamNumber
    {_BEAM}BeamNumber {_BEAM}BeamType {_BEAM}BeamLimitingDeviceSequence
    {_BEAM}BeamLimitingDeviceSequence/RTBeamLimitingDeviceType
    {_BEAM}BeamLimitingDeviceSequence/NumberOfLeafJawPairs
    {_BEAM}NumberOfWedges {_BEAM}NumberOfCompensators {_BEAM}NumberOfBoli {_BEAM}NumberOfBlocks
    {_BEAM}FinalCumulativeMetersetWeight {_BEAM}NumberOfControlPoints {_BEAM}ControlPointSequence
    {_FIRST}ControlPointIndex ApprovalStatus"""
RTPLAN_2 = f"""RTPlanDate RTPlanTime FractionGroupSequence/NumberOfFractionsPlanned
    {_BEAM}TreatmentMachineName {_BEAM}RadiationType {_FIRST}CumulativeMetersetWeight"""
# Demanded of the first control point of a beam only (types 1C and 2C).
FIRST_CONTROL_POINT_1 = """BeamLimitingDevicePositionSequence
    BeamLimitingDevicePositionSequence/RTBeamLimitingDeviceType
    BeamLimitingDevicePositionSequence/LeafJawPositions
    GantryAngle GantryRotationDirection BeamLimitingDeviceAngle
    BeamLimitingDeviceRotationDirection PatientSupportAngle PatientSupportRotationDirection
    TableTopEccentricAngle TableTopEccentricRotationDirection TableTopPitchAngle
    TableTopPitchRotationDirection TableTopRollAngle TableTopRollRotationDirection"""
FIRST_CONTROL_POINT_2 = """TableTopVerticalPosition TableTopLongitudinalPosition
    TableTopLateralPosition IsocenterPosition"""
# General Image, Image Plane, Image Pixel, Multi-frame, RT Dose.
RTDOSE_1 = """PixelSpacing ImageOrientationPatient ImagePositionPatient SamplesPerPixel
    PhotometricInterpretation Rows Columns BitsAllocated BitsStored HighBit PixelRepresentation
    PixelData NumberOfFrames FrameIncrementPointer DoseUnits DoseType DoseSummationType
    GridFrameOffsetVector DoseGridScaling ReferencedRTPlanSequence
    ReferencedRTPlanSequence/ReferencedSOPClassUID
    ReferencedRTPlanSequence/ReferencedSOPInstanceUID"""
RTDOSE_2 = "InstanceNumber SliceThickness"

DEMANDED = {
    "RTSTRUCT": (RTSTRUCT_1, RTSTRUCT_2),
    "RTPLAN": (RTPLAN_1, RTPLAN_2),
    "RTDOSE": (RTDOSE_1, RTDOSE_2),
}
SYNTAXES = ("implicit", "explicit", "big-endian", "deflated", "rle")


def a_plan(**changes: object) -> PhantomPlan:
    """Return a small plan: a target, an organ that was never drawn, two beams."""
    axis = np.arange(-12.0, 13.0, 4.0)
    ball = Sphere.of((0, 0, 0), 9).contours(slice_planes_mm(-9, 9, 3, 0.5), 20)
    whole: dict[str, object] = {
        "seed": "standard",
        "rois": (Roi("PTV", 1, ball, "PTV"), Roi("Heart", 2)),
        "prescriptions": (Prescription("PTV", 50.0, 1), Prescription("Boost", 60.0)),
        "fractions": 25,
        "dose_gy": UniformDose(50.0).on_grid(axis, axis, axis),
        "x_mm": axis,
        "y_mm": axis,
        "z_mm": axis,
        "beams": (Beam(0.0), Beam(90.0)),
    }
    return PhantomPlan(**{**whole, **changes})


def values(dataset: Dataset, path: str) -> Iterator[object]:
    """Yield the element at ``A/B`` of each item of A; None where it is absent."""
    head, _, rest = path.partition("/")
    if not rest:
        yield dataset.get_item(head) and dataset[head]
        return
    for item in dataset.get(head) or ():
        yield from values(item, rest)


def faults(dataset: Dataset, type_1: str, type_2: str) -> list[str]:
    """Return which demanded attributes are absent, or of type 1 and empty."""
    found = []
    for kind, paths in ((1, type_1), (2, type_2)):
        for path in paths.split():
            for element in values(dataset, path):
                if element is None:
                    found.append(f"{path} is absent")
                elif kind == 1 and element.is_empty:
                    found.append(f"{path} is empty")
    return found


def read(folder: Path) -> dict[str, Dataset]:
    """Return the three files by modality."""
    datasets = [pydicom.dcmread(path) for path in sorted(folder.glob("*.dcm"))]
    return {d.Modality: d for d in datasets}


@pytest.fixture(scope="module", params=SYNTAXES)
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp(request.param)
    return read(write_plan(folder, a_plan(), bits=16, syntax=request.param))


@pytest.mark.parametrize("modality", DEMANDED)
def test_no_required_attribute_is_missing(files: dict, modality: str) -> None:
    type_1, type_2 = DEMANDED[modality]
    dataset = files[modality]
    assert faults(dataset, f"{COMMON_1} {type_1}", f"{COMMON_2} {type_2}") == []


def test_every_beam_starts_with_a_full_control_point(files: dict) -> None:
    for beam in files["RTPLAN"].BeamSequence:
        first, *others = beam.ControlPointSequence
        assert faults(first, FIRST_CONTROL_POINT_1, FIRST_CONTROL_POINT_2) == []
        assert len(others) + 1 == beam.NumberOfControlPoints
        assert beam.ControlPointSequence[-1].CumulativeMetersetWeight == 1


@pytest.mark.parametrize("modality", DEMANDED)
def test_a_plan_with_nothing_optional_is_still_valid(tmp_path: Path, modality: str) -> None:
    bare = a_plan(prescriptions=(), fractions=None, fraction_pattern=None, beams=())
    type_1, type_2 = DEMANDED[modality]
    dataset = read(write_plan(tmp_path, bare))[modality]
    assert faults(dataset, type_1, type_2) == []


@pytest.mark.parametrize("modality", DEMANDED)
def test_file_meta_names_the_object_and_its_encoding(files: dict, modality: str) -> None:
    dataset = files[modality]
    assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    assert dataset.file_meta.MediaStorageSOPClassUID == dataset.SOPClassUID
    assert dataset.file_meta.TransferSyntaxUID.is_transfer_syntax


def test_every_uid_is_valid(files: dict) -> None:
    for dataset in files.values():
        found = [e.value for e in dataset.iterall() if e.VR == "UI"]
        assert len(found) >= 7
        assert [uid for uid in found if not UID(uid).is_valid] == []


def test_the_files_refer_to_each_other(files: dict) -> None:
    ss, plan, dose = (files[m] for m in ("RTSTRUCT", "RTPLAN", "RTDOSE"))
    assert len({d.StudyInstanceUID for d in files.values()}) == 1
    assert len({d.FrameOfReferenceUID for d in files.values()}) == 1
    assert len({d.SOPInstanceUID for d in files.values()}) == 3
    assert len({d.SeriesInstanceUID for d in files.values()}) == 3
    reference = plan.ReferencedStructureSetSequence[0]
    assert reference.ReferencedSOPInstanceUID == ss.SOPInstanceUID
    assert reference.ReferencedSOPClassUID == ss.SOPClassUID
    assert dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == plan.SOPInstanceUID
    beams = [b.BeamNumber for b in plan.BeamSequence]
    group = plan.FractionGroupSequence[0]
    assert [b.ReferencedBeamNumber for b in group.ReferencedBeamSequence] == beams
    assert group.NumberOfBeams == len(beams) == 2


def test_a_dose_reference_is_a_volume_only_with_an_roi(files: dict) -> None:
    linked, free = files["RTPLAN"].DoseReferenceSequence
    assert (linked.DoseReferenceStructureType, linked.ReferencedROINumber) == ("VOLUME", 1)
    assert free.DoseReferenceStructureType == "SITE"
    assert "ReferencedROINumber" not in free
    assert [d.TargetPrescriptionDose for d in (linked, free)] == [50, 60]
