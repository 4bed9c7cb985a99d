"""The RT Plan of a phantom."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import RTPlanStorage, RTStructureSetStorage

from rtcheck.phantoms.encoding import (
    PlanUids,
    TransferSyntax,
    decimal,
    decimals,
    item,
    make_uid,
    new_file,
    reference,
    save,
)
from rtcheck.phantoms.records import Beam, Prescription

_METERSET = 100.0
"""Monitor units of every beam."""


def write_rtplan(
    path: str | os.PathLike[str],
    prescriptions: Sequence[Prescription],
    fractions: int | None,
    *,
    uids: PlanUids | None = None,
    label: str = "PHANTOM",
    fraction_pattern: str | None = "1111100",
    beams: Sequence[Beam] = (Beam(0.0),),
    isocenter_mm: tuple[float, float, float] = (0.0, 0.0, 0.0),
    patient_position: str = "HFS",
    patient_id: str = "EXAMPLE-0",
    patient_name: str = "EXAMPLE^PHANTOM",
    syntax: TransferSyntax | str = TransferSyntax.IMPLICIT,
) -> Path:
    """Write an RT Plan and return its path.

    Parameters
    ----------
    path : path
        The file.
    prescriptions : sequence of Prescription
        What is asked of the targets; may be empty.
    fractions : int or None
        NumberOfFractionsPlanned; None leaves it empty.
    uids : PlanUids, optional
        Of the plan; those of the seed ``"phantom"`` if not given.
    label : str
        RTPlanLabel, cut to 16 characters.
    fraction_pattern : str or None
        FractionPattern of one week with one digit a day, such as ``"1111100"``; None leaves the
        pattern out.
    beams : sequence of Beam
        Static photon beams.
    isocenter_mm : tuple of float
        IsocenterPosition (x, y, z) in mm, patient axes.
    patient_position : str
        PatientPosition, such as ``"HFS"``.
    patient_id, patient_name : str
        A made-up patient.
    syntax : TransferSyntax or str
        How to encode it.
    """
    uids = uids or PlanUids.of("phantom")
    ds = new_file(
        "RTPLAN",
        RTPlanStorage,
        uids.rtplan,
        uids,
        patient_id=patient_id,
        patient_name=patient_name,
    )
    ds.RTPlanLabel = label[:16]
    ds.RTPlanDescription = "Synthetic: no patient, not for treatment"
    ds.RTPlanDate, ds.RTPlanTime = ds.StudyDate, ds.StudyTime
    ds.PlanIntent = "RESEARCH"
    ds.RTPlanGeometry = "PATIENT"
    ds.ReferencedStructureSetSequence = [reference(RTStructureSetStorage, uids.rtstruct)]
    if prescriptions:
        ds.DoseReferenceSequence = [
            _dose_reference(i, p, uids) for i, p in enumerate(prescriptions, 1)
        ]
    group = _fraction_group(fractions, fraction_pattern)
    group.NumberOfBeams, group.NumberOfBrachyApplicationSetups = len(beams), 0
    if beams:
        group.ReferencedBeamSequence = [
            item(BeamMeterset=decimal(_METERSET), ReferencedBeamNumber=i)
            for i in range(1, len(beams) + 1)
        ]
        ds.BeamSequence = [_beam(i, beam, isocenter_mm) for i, beam in enumerate(beams, 1)]
    ds.FractionGroupSequence = [group]
    ds.PatientSetupSequence = [item(PatientSetupNumber=1, PatientPosition=patient_position)]
    ds.ApprovalStatus = "UNAPPROVED"
    return save(ds, path, syntax)


def _dose_reference(number: int, prescription: Prescription, uids: PlanUids) -> Dataset:
    linked = prescription.roi_number is not None
    ds = item(
        DoseReferenceNumber=number,
        DoseReferenceUID=make_uid(uids.rtplan, "dose reference", str(number)),
        DoseReferenceStructureType="VOLUME" if linked else "SITE",
        DoseReferenceDescription=prescription.description,
        DoseReferenceType="TARGET",
        TargetPrescriptionDose=decimal(prescription.dose_gy),
    )
    if linked:
        ds.ReferencedROINumber = prescription.roi_number
    return ds


def _fraction_group(fractions: int | None, pattern: str | None) -> Dataset:
    group = item(FractionGroupNumber=1, NumberOfFractionsPlanned=fractions)
    if pattern is not None:
        group.NumberOfFractionPatternDigitsPerDay = 1
        group.RepeatFractionCycleLength = 1
        group.FractionPattern = pattern
    return group


def _beam(number: int, beam: Beam, isocenter_mm: tuple[float, float, float]) -> Dataset:
    jaws = [("ASYMX", beam.field_mm[0]), ("ASYMY", beam.field_mm[1])]
    first = item(
        ControlPointIndex=0,
        NominalBeamEnergy="6",
        BeamLimitingDevicePositionSequence=[
            item(RTBeamLimitingDeviceType=kind, LeafJawPositions=decimals([-mm / 2, mm / 2]))
            for kind, mm in jaws
        ],
        GantryAngle=decimal(beam.gantry_deg),
        GantryRotationDirection="NONE",
        BeamLimitingDeviceAngle="0",
        BeamLimitingDeviceRotationDirection="NONE",
        PatientSupportAngle="0",
        PatientSupportRotationDirection="NONE",
        TableTopEccentricAngle="0",
        TableTopEccentricRotationDirection="NONE",
        TableTopPitchAngle=0.0,
        TableTopPitchRotationDirection="NONE",
        TableTopRollAngle=0.0,
        TableTopRollRotationDirection="NONE",
        TableTopVerticalPosition="",
        TableTopLongitudinalPosition="",
        TableTopLateralPosition="",
        IsocenterPosition=decimals(isocenter_mm),
        CumulativeMetersetWeight="0",
    )
    return item(
        TreatmentMachineName="EXAMPLE",
        PrimaryDosimeterUnit="MU",
        SourceAxisDistance="1000",
        BeamLimitingDeviceSequence=[
            item(RTBeamLimitingDeviceType=kind, NumberOfLeafJawPairs=1) for kind, _ in jaws
        ],
        BeamNumber=number,
        BeamName=f"G{beam.gantry_deg:g}",
        BeamType="STATIC",
        RadiationType="PHOTON",
        TreatmentDeliveryType="TREATMENT",
        NumberOfWedges=0,
        NumberOfCompensators=0,
        NumberOfBoli=0,
        NumberOfBlocks=0,
        FinalCumulativeMetersetWeight="1",
        NumberOfControlPoints=2,
        ReferencedPatientSetupNumber=1,
        ControlPointSequence=[first, item(ControlPointIndex=1, CumulativeMetersetWeight="1")],
    )
