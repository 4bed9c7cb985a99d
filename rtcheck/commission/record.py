"""The commissioning record: what was run, what came out, and with which software."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import rtcheck
from rtcheck.commission.acceptance import Check, Row, rows_of, suite_checks
from rtcheck.commission.cases import CaseClass, full_suite, quick_suite
from rtcheck.commission.checks import exact_checks
from rtcheck.commission.run import Comparison, Progress, run_suite

SCHEMA = "rtcheck-commission/1"


@dataclass(frozen=True)
class Commission:
    """The outcome of a commissioning run.

    Parameters
    ----------
    created : str
        Date, and time if any, in ISO 8601.
    geometry : str
        Geometry model.
    suite : str
        ``"full"`` or ``"quick"``.
    comparisons : tuple of Comparison
        Every figure of every body of every plan.
    rows : tuple of Row
        Their errors, by class and group.
    checks : tuple of Check
        What must hold besides.
    versions : mapping of str to str
        The software.
    sha256 : mapping of str to str
        Hashes of rtcheck's source files and of the phantom files it read.
    """

    created: str
    geometry: str
    suite: str
    comparisons: tuple[Comparison, ...]
    rows: tuple[Row, ...]
    checks: tuple[Check, ...]
    versions: Mapping[str, str]
    sha256: Mapping[str, str]

    @property
    def out_of_tolerance(self) -> int:
        """Return how many requirements are not kept."""
        rows = sum(row.in_tolerance is False for row in self.rows)
        return rows + sum(not check.in_tolerance for check in self.checks)

    @property
    def requirements(self) -> int:
        """Return how many requirements there are."""
        return sum(row.tolerance is not None for row in self.rows) + len(self.checks)

    @property
    def in_tolerance(self) -> bool:
        """Return whether every requirement is kept; a suite without full cases keeps none."""
        full = any(row.case_class is CaseClass.FULL for row in self.rows)
        return full and self.out_of_tolerance == 0

    @property
    def exit_code(self) -> int:
        """Return 0 in tolerance, 1 out of it."""
        return 0 if self.in_tolerance else 1

    @property
    def bodies_run(self) -> int:
        """Return how many bodies were drawn, written and measured."""
        return len({(c.plan, c.body) for c in self.comparisons})

    @property
    def plans_run(self) -> int:
        """Return how many plans were written and read."""
        return len({c.plan for c in self.comparisons})


def run_commission(
    geometry: str = "smooth",
    *,
    quick: bool = False,
    created: str,
    progress: Progress | None = None,
) -> Commission:
    """Return the record of a commissioning run.

    Parameters
    ----------
    geometry : str
        Geometry model, one of `rtcheck.GEOMETRY_MODELS`.
    quick : bool
        Run four plans instead of 36, and shorter checks.
    created : str
        The date that the record bears, in ISO 8601; nothing else in it depends on when it is made.
    progress : callable, optional
        Is told how many bodies of how many are done.

    Raises
    ------
    UsageError
        If there is no such geometry model.
    """
    from rtcheck.open_plan import model_named

    model_named(geometry)
    plans = quick_suite() if quick else full_suite()
    compared, written = run_suite(plans, geometry, progress)
    checks = (*suite_checks(compared), *exact_checks(geometry, quick=quick))
    return Commission(
        created=created,
        geometry=geometry,
        suite="quick" if quick else "full",
        comparisons=tuple(compared),
        rows=rows_of(compared),
        checks=checks,
        versions=versions(),
        sha256={"rtcheck_source": source_sha256(), "phantom_files": written},
    )


def versions() -> dict[str, str]:
    """Return the versions of rtcheck, Python, its packages and the machine."""
    found = {"rtcheck": rtcheck.__version__, "python": platform.python_version()}
    for package in ("numpy", "scipy", "pydicom"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not known"
    return found | {"platform": platform.platform(), "machine": platform.machine()}


def source_sha256() -> str:
    """Return the SHA-256 of all of rtcheck's Python files: their paths and bytes, in order."""
    home = Path(rtcheck.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(home.rglob("*.py"), key=lambda p: p.relative_to(home).as_posix()):
        digest.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
