"""Every structure with rtcheck from Python: python with_rtcheck.py FOLDER AT_GY [GEOMETRY]."""

import sys
import time

from answer import answer

started = time.perf_counter()
import rtcheck  # noqa: E402 - what is imported is timed too
from rtcheck.api import read  # noqa: E402

imported = time.perf_counter()

folder, at_gy, *geometry = sys.argv[1:]
METRICS = {
    "volume_cm3": "Volume[cc]",
    "mean_gy": "Mean[Gy]",
    "d95_gy": "D95%[Gy]",
    "d2_gy": "D2%[Gy]",
    "v_percent": f"V{at_gy}Gy[%]",
}
plan = read(folder, geometry=geometry[0] if geometry else "smooth", jobs=None)
was_read = time.perf_counter()
plan.measure_ahead()
figures = {
    structure.roi_name: {
        key: plan[structure.roi_name].measure(metric).value for key, metric in METRICS.items()
    }
    for structure in plan.structures
    if not structure.is_empty
}
seconds = {
    "import": imported - started,
    "read": was_read - imported,
    "metrics": time.perf_counter() - was_read,
}
answer(f"rtcheck {rtcheck.__version__}", figures, seconds)
