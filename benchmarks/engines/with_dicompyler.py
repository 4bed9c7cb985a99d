"""Every structure of an export with dicompyler-core: python with_dicompyler.py FOLDER."""

import json
import sys
from pathlib import Path

import pydicom
import pydicom.dicomio

# dicompyler-core 0.5.6 asks for a function that pydicom 3 has removed.
pydicom.dicomio.read_file = pydicom.dcmread
from dicompylercore import dicomparser, dvhcalc  # noqa: E402

files = {}
for path in Path(sys.argv[1]).glob("*.dcm"):
    parser = dicomparser.DicomParser(str(path))
    files[parser.ds.Modality] = parser
figures = {}
for number, structure in files["RTSTRUCT"].GetStructures().items():
    if structure["empty"]:
        continue
    dvh = dvhcalc.get_dvh(files["RTSTRUCT"].ds, files["RTDOSE"].ds, number)
    figures[structure["name"]] = {
        "volume_cm3": float(dvh.volume),
        "mean_gy": float(dvh.mean),
        "d95_gy": float(dvh.D95.value),
        "d2_gy": float(dvh.D2.value),
    }
json.dump(figures, sys.stdout)
