"""rtcheck in a Python script or notebook."""

import rtcheck
from rtcheck.phantoms import write_example

folder = write_example("lung-mets", "violating", "lung-export")

# Read once, then measure and check as often as you like.
plan = rtcheck.read(folder)
print(plan.label, "-", ", ".join(str(rx) for rx in plan.prescriptions))

# Structures and expressions of structures; every value has bounds and a unit, or a reason.
for metric in ("V20Gy[%]", "Mean[Gy]", "D2cc[Gy]"):
    found = plan["Lung_L | Lung_R"].measure(metric)
    print(f"both lungs  {found.metric:10} {found.value:8.2f} {found.unit}")

missing = plan["SpinalCord"].measure("D2000cc[Gy]")
print("no number: ", missing.value, "-", missing.reason)

# The whole protocol.
report = rtcheck.check(plan, "sun-2016-hcc-lung-mets")
print(report.overall, "- exit code", report.exit_code)
for verdict in report.verdicts:
    if verdict.outcome == "deviation_unacceptable":
        print(f"{verdict.goal}: {verdict.value:.1f} {verdict.unit}, limit {verdict.per_protocol}")
        print("  measured on", ", ".join(f.roi_name for f in verdict.found))

# A data frame (extra `frames`), and files by their ending.
frame = report.to_frame()
print(frame.groupby("outcome").size().to_string())
report.save("report.html")
report.save("report.csv")
