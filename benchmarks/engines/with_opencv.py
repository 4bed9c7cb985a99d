"""Every structure as an OpenCV mask on the dose grid: python with_opencv.py FOLDER AT_GY.

The way most in-house scripts go: each contour is filled with ``cv2.fillPoly`` on the planes of the
dose grid nearest to it, holes by exclusive or, and the voxels inside are counted.
"""

import sys
from pathlib import Path

import numpy as np
from answer import answer, from_voxels, needed

cv2, pydicom = needed("cv2"), needed("pydicom")
files = {ds.Modality: ds for ds in map(pydicom.dcmread, Path(sys.argv[1]).glob("*.dcm"))}
dose_file, structure_set = files["RTDOSE"], files["RTSTRUCT"]
dose = dose_file.pixel_array * float(dose_file.DoseGridScaling)
origin = np.array(dose_file.ImagePositionPatient, float)
rows_mm, columns_mm = map(float, dose_file.PixelSpacing)
planes = origin[2] + np.array(dose_file.GridFrameOffsetVector, float)
voxel_cm3 = rows_mm * columns_mm * abs(planes[1] - planes[0]) / 1000
names = {roi.ROINumber: str(roi.ROIName) for roi in structure_set.StructureSetROISequence}

figures = {}
for roi in structure_set.ROIContourSequence:
    by_plane = {}
    for contour in roi.get("ContourSequence") or []:
        if contour.ContourGeometricType == "CLOSED_PLANAR":
            points = np.array(contour.ContourData, float).reshape(-1, 3)
            pixels = np.rint((points[:, :2] - origin[:2]) / (columns_mm, rows_mm))
            by_plane.setdefault(points[0, 2], []).append(pixels.astype(np.int32))
    if not by_plane:
        continue
    drawn = np.array(sorted(by_plane))
    half = np.diff(drawn).min() / 2 if len(drawn) > 1 else abs(planes[1] - planes[0]) / 2
    inside = []
    for plane, z in zip(dose, planes, strict=True):
        nearest = drawn[np.abs(drawn - z).argmin()]
        if abs(nearest - z) > half:
            continue
        mask = np.zeros(plane.shape, np.uint8)
        for pixels in by_plane[nearest]:
            filled = np.zeros_like(mask)
            cv2.fillPoly(filled, [pixels], 1)
            mask ^= filled
        inside.append(plane[mask > 0])
    figures[names[roi.ReferencedROINumber]] = from_voxels(
        np.concatenate(inside) if inside else [], voxel_cm3, float(sys.argv[2])
    )
answer((f"opencv {cv2.__version__}", "pydicom"), figures)
