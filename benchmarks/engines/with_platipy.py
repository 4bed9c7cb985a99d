"""Every structure with platipy's masks and DVHs: python with_platipy.py FOLDER AT_GY."""

import sys
import warnings
from pathlib import Path

from answer import FIGURES, answer, needed

warnings.simplefilter("ignore")
pydicom, sitk = needed("pydicom"), needed("SimpleITK")
masks = needed("platipy.dicom.io.rtstruct_to_nifti")
dvhs = needed("platipy.imaging.dose.dvh")

paths = {pydicom.dcmread(p, specific_tags=["Modality"]).Modality: p
         for p in Path(sys.argv[1]).glob("*.dcm")}  # fmt: skip
structure_set, dose_file = (pydicom.dcmread(paths[kind]) for kind in ("RTSTRUCT", "RTDOSE"))
dose = sitk.ReadImage(str(paths["RTDOSE"]), sitk.sitkFloat64) * float(dose_file.DoseGridScaling)
images, names = masks.transform_point_set_from_dicom_struct(dose, structure_set)
at_gy = float(sys.argv[2])
dvh = dvhs.calculate_dvh_for_labels(dose, dict(zip(names, images, strict=True)), bin_width=0.02)
figures = {}
for _, row in dvh.iterrows():
    of_label = {"dvh": dvh, "label": row.label}
    d_x = dvhs.calculate_d_x(x=[95, 2], **of_label).iloc[0]
    v_x = dvhs.calculate_v_x(x=[at_gy], **of_label).iloc[0]
    values = (row.cc, row["mean"], d_x["D95"], d_x["D2"], 100 * v_x.iloc[-1] / row.cc)
    figures[row.label] = {key: float(v) for key, v in zip(FIGURES, values, strict=True)}
answer(("platipy", "SimpleITK", "pydicom"), figures)
