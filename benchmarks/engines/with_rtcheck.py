"""Every structure of an export with rtcheck: python with_rtcheck.py FOLDER [GEOMETRY]."""

import json
import sys

import rtcheck
from rtcheck.errors import CannotSay

plan = rtcheck.read(sys.argv[1], geometry=sys.argv[2] if len(sys.argv) > 2 else "smooth")
figures = {}
for structure in plan.structures:
    region = plan[structure.roi_name]
    try:
        dvh = region.dvh()
    except CannotSay:
        continue
    figures[structure.roi_name] = {
        "volume_cm3": dvh.total_cm3,
        "mean_gy": dvh.mean_gy,
        "d95_gy": region.measure("D95%[Gy]").value,
        "d2_gy": region.measure("D2%[Gy]").value,
    }
json.dump(figures, sys.stdout)
