"""A phantom plan as DICOM files: RT Structure Set, RT Plan and RT Dose that belong together."""

from __future__ import annotations

import os
from pathlib import Path

from rtcheck.phantoms.ct import write_ct
from rtcheck.phantoms.encoding import PlanUids, TransferSyntax
from rtcheck.phantoms.records import PhantomPlan
from rtcheck.phantoms.rtdose import ORIENTATIONS, FrameOffsets, write_rtdose
from rtcheck.phantoms.rtplan import write_rtplan
from rtcheck.phantoms.rtstruct import write_rtstruct

__all__ = [
    "ORIENTATIONS",
    "FrameOffsets",
    "PlanUids",
    "TransferSyntax",
    "write_ct",
    "write_plan",
    "write_rtdose",
    "write_rtplan",
    "write_rtstruct",
]


def write_plan(
    folder: str | os.PathLike[str],
    plan: PhantomPlan,
    *,
    patient_position: str = "HFS",
    frame_offsets: FrameOffsets | str = FrameOffsets.RELATIVE,
    bits: int = 32,
    digits: int = 6,
    ct: bool = False,
    syntax: TransferSyntax | str = TransferSyntax.IMPLICIT,
) -> Path:
    """Write the three files of a plan and return the folder.

    Parameters
    ----------
    folder : path
        Made if needed. It gets ``RTSTRUCT.dcm``, ``RTPLAN.dcm`` and ``RTDOSE.dcm``.
    plan : PhantomPlan
        The plan; its seed decides all UIDs, so that the same plan is the same bytes.
    patient_position : str
        PatientPosition: ``HFS``, ``HFP``, ``FFS``, ``FFP``, ``HFDR``, ``HFDL``, ``FFDR`` or
        ``FFDL``. Contours and dose stay where they are in the patient.
    frame_offsets : FrameOffsets or str
        How the RT Dose counts its frames.
    bits : int
        Bits a dose grid point, 16 or 32.
    digits : int
        Decimals of the contour coordinates in mm.
    ct : bool
        Whether to write a CT too, a file a slice in ``CT``, with the Hounsfield units of the ROIs.
    syntax : TransferSyntax or str
        How to encode the files; ``rle`` compresses the dose and leaves the others explicit.

    Raises
    ------
    UsageError
        If the dose and its axes do not fit, or an option does not exist.
    """
    folder = Path(folder)
    uids = PlanUids.of(plan.seed)
    syntax = TransferSyntax(syntax)
    plain = TransferSyntax.EXPLICIT if syntax is TransferSyntax.RLE else syntax
    write_rtstruct(
        folder / "RTSTRUCT.dcm",
        plan.rois,
        uids=uids,
        label=plan.label,
        patient_id=plan.patient_id,
        patient_name=plan.patient_name,
        digits=digits,
        with_ct=ct,
        syntax=plain,
    )
    write_rtplan(
        folder / "RTPLAN.dcm",
        plan.prescriptions,
        plan.fractions,
        uids=uids,
        label=plan.label,
        fraction_pattern=plan.fraction_pattern,
        beams=plan.beams,
        isocenter_mm=plan.isocenter_mm,
        patient_position=patient_position,
        patient_id=plan.patient_id,
        patient_name=plan.patient_name,
        syntax=plain,
    )
    write_rtdose(
        folder / "RTDOSE.dcm",
        plan.dose_gy,
        plan.x_mm,
        plan.y_mm,
        plan.z_mm,
        uids=uids,
        patient_position=patient_position,
        frame_offsets=frame_offsets,
        bits=bits,
        patient_id=plan.patient_id,
        patient_name=plan.patient_name,
        syntax=syntax,
    )
    if ct:
        write_ct(
            folder / "CT",
            plan.rois,
            uids=uids,
            patient_position=patient_position,
            patient_id=plan.patient_id,
            patient_name=plan.patient_name,
            syntax=plain,
        )
    return folder
