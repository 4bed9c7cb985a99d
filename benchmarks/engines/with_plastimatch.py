"""Every structure with plastimatch's C++ programs: python with_plastimatch.py FOLDER AT_GY.

At the resolution of the dose grid, which is its quickest way: ``convert`` draws the structures on
the grid, ``dvh`` counts. Its table has one row a dose bin, with the number of voxels above.
"""

import csv
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from answer import answer, not_installed

BIN_GY = 0.02
BINS = 5000

program = shutil.which("plastimatch") or not_installed("plastimatch")
KINDS = {b"1.2.840.10008.5.1.4.1.1.481.2": "dose", b"1.2.840.10008.5.1.4.1.1.481.3": "structures"}
files = {}
for path in Path(sys.argv[1]).glob("*.dcm"):
    with path.open("rb") as stream:
        start = stream.read(1024)
    files.update({kind: path for uid, kind in KINDS.items() if uid + b"\0" in start})


def run(*arguments: str | Path) -> str:
    """Return what plastimatch prints."""
    done = subprocess.run([program, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


with tempfile.TemporaryDirectory() as folder:
    image, names, table = (Path(folder) / n for n in ("drawn.mha", "names.txt", "dvh.csv"))
    run("convert", "--input", files["structures"], "--fixed", files["dose"],
        "--output-ss-img", image, "--output-ss-list", names)  # fmt: skip
    run("dvh", "--input-ss-img", image, "--input-ss-list", names, "--input-dose", files["dose"],
        "--output-csv", table, "--normalization", "vox", "--bin-width", str(BIN_GY),
        "--num-bins", str(BINS))  # fmt: skip
    with image.open("rb") as stream:
        spacing = re.search(rb"ElementSpacing = (\S+) (\S+) (\S+)", stream.read(2048))
    _, *rows = csv.reader(table.open())
    # Names may hold commas: the list of structures is the safer head of the table.
    titles = [line.split("|", 2)[2] for line in names.read_text().splitlines()]
x_mm, y_mm, z_mm = map(float, spacing.groups())
voxel_cm3 = x_mm * y_mm * z_mm / 1000
doses = [float(row[0]) for row in rows]
at_gy = float(sys.argv[2])


def dose_at(above: list[float], share: float) -> float:
    """Return the dose in Gy that a share of the voxels gets at least, between two bins."""
    wanted = share * above[0]
    i = max(k for k, count in enumerate(above) if count >= wanted)
    if i + 1 == len(above) or above[i] == above[i + 1]:
        return doses[i]
    return doses[i] + BIN_GY * (above[i] - wanted) / (above[i] - above[i + 1])


figures = {}
for column, name in enumerate(titles, 1):
    above = [float(row[column]) for row in rows]
    if not above[0]:
        continue
    figures[name] = {
        "volume_cm3": above[0] * voxel_cm3,
        "mean_gy": BIN_GY * (sum(above) / above[0] - 0.5),
        "d95_gy": dose_at(above, 0.95),
        "d2_gy": dose_at(above, 0.02),
        "v_percent": 100 * above[min(round(at_gy / BIN_GY), len(above) - 1)] / above[0],
    }
version = run("--version").strip()
answer(version.replace(" version", ""), figures)
