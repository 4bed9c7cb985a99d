"""The RT Structure Set of a phantom."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import RTStructureSetStorage

from rtcheck.phantoms.encoding import (
    PlanUids,
    TransferSyntax,
    ct_series_uid,
    item,
    new_file,
    reference,
    save,
)
from rtcheck.phantoms.records import Points, Roi

_DETACHED_STUDY = "1.2.840.10008.3.1.2.3.1"
"""SOP class of the study in an RT Structure Set, retired and still required."""


def write_rtstruct(
    path: str | os.PathLike[str],
    rois: Iterable[Roi],
    *,
    uids: PlanUids | None = None,
    label: str = "PHANTOM",
    patient_id: str = "EXAMPLE-0",
    patient_name: str = "EXAMPLE^PHANTOM",
    digits: int = 6,
    with_ct: bool = False,
    syntax: TransferSyntax | str = TransferSyntax.IMPLICIT,
) -> Path:
    """Write an RT Structure Set and return its path.

    Parameters
    ----------
    path : path
        The file.
    rois : iterable of Roi
        The structures; one without contours is written with an empty ROI contour item.
    uids : PlanUids, optional
        Of the plan it belongs to; those of the seed ``"phantom"`` if not given.
    label : str
        StructureSetLabel.
    patient_id, patient_name : str
        A made-up patient.
    digits : int
        Decimals of the coordinates in mm: six are a millionth of a millimetre.
    with_ct : bool
        Whether it names the series of the plan's CT.
    syntax : TransferSyntax or str
        How to encode it.
    """
    uids = uids or PlanUids.of("phantom")
    ds = new_file(
        "RTSTRUCT",
        RTStructureSetStorage,
        uids.rtstruct,
        uids,
        patient_id=patient_id,
        patient_name=patient_name,
    )
    ds.StructureSetLabel = label[:16]
    ds.StructureSetDescription = "Synthetic: no patient"
    ds.StructureSetDate, ds.StructureSetTime = ds.StudyDate, ds.StudyTime
    frame = item(FrameOfReferenceUID=uids.frame_of_reference)
    if with_ct:
        frame.RTReferencedStudySequence = [_study(uids)]
    ds.ReferencedFrameOfReferenceSequence = [frame]
    rois = list(rois)
    ds.StructureSetROISequence = [
        item(
            ROINumber=roi.number,
            ReferencedFrameOfReferenceUID=uids.frame_of_reference,
            ROIName=roi.name,
            ROIGenerationAlgorithm="",
        )
        for roi in rois
    ]
    ds.ROIContourSequence = [_roi_contours(roi, digits) for roi in rois]
    ds.RTROIObservationsSequence = [
        item(
            ObservationNumber=i,
            ReferencedROINumber=roi.number,
            RTROIInterpretedType=roi.interpreted_type,
            ROIInterpreter="",
        )
        for i, roi in enumerate(rois, 1)
    ]
    ds.ApprovalStatus = "UNAPPROVED"
    return save(ds, path, syntax)


def _study(uids: PlanUids) -> Dataset:
    study = reference(_DETACHED_STUDY, uids.study)
    study.RTReferencedSeriesSequence = [item(SeriesInstanceUID=ct_series_uid(uids))]
    return study


def _roi_contours(roi: Roi, digits: int) -> Dataset:
    drawn = item(ROIDisplayColor=list(roi.color), ReferencedROINumber=roi.number)
    if roi.contours:
        drawn.ContourSequence = [
            _contour(i, points, digits) for i, points in enumerate(roi.contours, 1)
        ]
    return drawn


def _contour(number: int, points: Points, digits: int) -> Dataset:
    contour = item(
        ContourGeometricType="CLOSED_PLANAR",
        NumberOfContourPoints=len(points),
        ContourNumber=number,
    )
    # Minus zero would be written as such; adding zero makes it plain.
    values = np.round(np.ravel(points), digits) + 0.0
    text = "\\".join([f"%.{digits}f" % v for v in values.tolist()])
    # A hundred thousand coordinates: pydicom must not parse each of them into a number again.
    contour.add(DataElement(0x30060050, "DS", text, already_converted=True))
    return contour
