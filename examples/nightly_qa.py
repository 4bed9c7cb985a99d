"""A QA script: every export below a folder, one line each, and an exit code for the scheduler.

python nightly_qa.py EXPORTS PROTOCOL
"""

import sys
from pathlib import Path

import rtcheck

OPEN = ("deviation_unacceptable", "not_evaluated")
"""Outcomes that someone must look at."""


def check_all(exports: Path, protocol: str) -> int:
    """Print one line a plan; return 1 for a deviation, 3 for anything that could not be said."""
    worst = 0
    for folder in sorted(p for p in exports.iterdir() if p.is_dir()):
        try:
            plans = rtcheck.read_all(folder)
        except rtcheck.RtcheckError as error:
            print(f"{folder.name:12} unreadable             {error}")
            worst = worst or 3
            continue
        for plan in plans:
            report = rtcheck.check(plan, protocol)
            look_at = [v.goal for v in report.verdicts if v.required and v.outcome in OPEN]
            print(f"{folder.name:12} {report.overall:22} {', '.join(look_at)}".rstrip())
            report.save(exports / f"{folder.name}.html")
            # A deviation outranks what could not be said.
            worst = 1 if 1 in (worst, report.exit_code) else max(worst, report.exit_code)
    return worst


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python nightly_qa.py EXPORTS PROTOCOL")
    sys.exit(check_all(Path(sys.argv[1]), sys.argv[2]))
