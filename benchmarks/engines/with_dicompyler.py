"""Every structure with dicompyler-core's own plain DVH: python with_dicompyler.py FOLDER AT_GY."""

import sys
import warnings
from pathlib import Path

import numpy as np
from answer import answer, needed

warnings.simplefilter("ignore")
pydicom = needed("pydicom")
dicomio = needed("pydicom.dicomio")
if not hasattr(dicomio, "read_file"):
    # dicompyler-core 0.5.6 asks for a function that pydicom 3 has removed.
    dicomio.read_file = pydicom.dcmread
dicomparser, dvhcalc = needed("dicompylercore.dicomparser"), needed("dicompylercore.dvhcalc")

files = {}
for path in Path(sys.argv[1]).glob("*.dcm"):
    parser = dicomparser.DicomParser(str(path))
    files[parser.ds.Modality] = parser
figures = {}
for number, structure in files["RTSTRUCT"].GetStructures().items():
    if structure["empty"]:
        continue
    dvh = dvhcalc.get_dvh(files["RTSTRUCT"].ds, files["RTDOSE"].ds, number)
    if not dvh.volume:  # all else would be zero too, which is no answer
        continue
    at_dose = np.interp(float(sys.argv[2]), dvh.bins[: len(dvh.counts)], dvh.counts, right=0)
    figures[structure["name"]] = {
        "volume_cm3": float(dvh.volume),
        "mean_gy": float(dvh.mean),
        "d95_gy": float(dvh.D95.value),
        "d2_gy": float(dvh.D2.value),
        "v_percent": 100 * float(at_dose / dvh.counts[0]),
    }
answer(("dicompyler-core", "pydicom"), figures)
