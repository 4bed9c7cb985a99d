"""What rtcheck is built with: locked, held against advisories, tried at its oldest, and listed.

::

    python .ci/supply.py lock                  write requirements-dev.lock (Linux, Python 3.11)
    python .ci/supply.py audit                 look the lock up (needs pip-audit)
    python .ci/supply.py minimums              print the oldest versions that are said to do
    python .ci/supply.py sbom PYTHON FILE      list what an environment holds (needs cyclonedx-bom)
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements-dev.lock"
HEAD = """\
# Written by `python .ci/supply.py lock` for Linux, Python 3.11. To install exactly these:
#   pip install --require-hashes -r requirements-dev.lock && pip install --no-deps -e .
"""


def plain(name: str) -> str:
    """Return a package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def project() -> dict[str, Any]:
    """Return the table [project] of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(table["project"])


def run_dependencies() -> dict[str, str]:
    """Return name and oldest version of what rtcheck needs to run."""
    bounds = (re.fullmatch(r"([A-Za-z0-9._-]+)>=([0-9.]+)", d) for d in project()["dependencies"])
    return {plain(bound[1]): bound[2] for bound in bounds if bound}


def lock() -> None:
    """Write what pip chooses today for development, each with its hash."""
    asked = ["pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--only-binary"]
    done = python(*asked, ":all:", "--report", "-", "-e", f"{ROOT}[dev]")
    report = json.loads(done.stdout[done.stdout.index("{") :])
    lines = []
    for item in report["install"]:
        info, archive = item["metadata"], item["download_info"].get("archive_info")
        if archive:  # rtcheck itself is a folder
            pin = f"{plain(info['name'])}=={info['version']}"
            lines.append(f"{pin} \\\n    --hash=sha256:{archive['hashes']['sha256']}\n")
    LOCK.write_text(HEAD + "".join(sorted(lines)), encoding="utf-8")


def audit() -> int:
    """Return 1 if an advisory speaks of a locked version; what could not be asked is said."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "audit.json"
        asked = ["pip_audit", "--progress-spinner", "off", "--timeout", "20", "--disable-pip"]
        asked += ["--require-hashes", "-r", str(LOCK), "--format", "json", "--output", str(told)]
        done = python(*asked, check=False)
        if not told.exists():
            last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
            print(f"skipped: the advisory service did not answer ({last[:120]})")
            return 0
        return judged(json.loads(told.read_text(encoding="utf-8"))["dependencies"])


def judged(packages: list[dict[str, Any]]) -> int:
    """Return 1 if one of the packages has a known hole; print which, and which were not asked."""
    asked = [package for package in packages if "vulns" in package]
    holes = [f"{p['name']} {p['version']}: {v['id']}" for p in asked for v in p["vulns"]]
    print(f"{len(asked)} of {len(packages)} packages could be looked up, {len(holes)} holes")
    if len(asked) < len(packages):
        print("skipped for the others: the advisory service does not know or reach them from here")
    print("\n".join(holes))
    return 1 if holes else 0


def sbom(interpreter: str, file: str) -> int:
    """Write what an environment holds as CycloneDX JSON; return 1 if a dependency is not in it."""
    python("cyclonedx_py", "environment", interpreter, "--output-file", file)
    listed = json.loads(Path(file).read_text(encoding="utf-8"))
    names = {plain(component["name"]) for component in listed["components"]}
    missing = sorted({"rtcheck", *run_dependencies()} - names)
    print(f"{file}: {len(names)} packages; missing: {', '.join(missing) or 'none'}")
    return 1 if missing or listed["bomFormat"] != "CycloneDX" else 0


def python(*module: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a module by this interpreter and return what it said."""
    return subprocess.run(
        [sys.executable, "-m", *module], capture_output=True, text=True, check=check
    )


def main(command: str = "", *arguments: str) -> int:
    """Do what the command line asks."""
    if command == "minimums":
        print("\n".join(f"{name}=={version}" for name, version in run_dependencies().items()))
        return 0
    if command == "sbom":
        return sbom(*arguments)
    if command in ("lock", "audit"):
        return (lock() or 0) if command == "lock" else audit()
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
