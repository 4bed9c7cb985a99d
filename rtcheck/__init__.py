"""rtcheck checks radiotherapy plans against citable dose-constraint protocols.

>>> import rtcheck
>>> plan = rtcheck.read("export/")                                   # doctest: +SKIP
>>> report = rtcheck.check(plan, "zhai-2025-hcc-thrombosis")         # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rtcheck.api import (
        GEOMETRY_MODELS,
        OpenPlan,
        Region,
        check,
        compare,
        dicom_pdf,
        read,
        read_all,
        role_matches,
    )
    from rtcheck.batch.many import check_many
    from rtcheck.errors import RtcheckError
    from rtcheck.report.cohort import Cohort
    from rtcheck.report.comparison import Comparison
    from rtcheck.report.record import Report

__version__ = "0.1.0"

__all__ = [
    "GEOMETRY_MODELS",
    "Cohort",
    "Comparison",
    "OpenPlan",
    "Region",
    "Report",
    "RtcheckError",
    "__version__",
    "check",
    "check_many",
    "compare",
    "dicom_pdf",
    "read",
    "read_all",
    "role_matches",
]

_HOMES = {
    "Cohort": "rtcheck.report.cohort",
    "check_many": "rtcheck.batch.many",
    "Comparison": "rtcheck.report.comparison",
    "RtcheckError": "rtcheck.errors",
    "Report": "rtcheck.report.record",
}


def __getattr__(name: str) -> object:
    # Public names are imported when first used: `rtcheck --help` needs none of them.
    if name not in __all__:
        raise AttributeError(f"module 'rtcheck' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES.get(name, "rtcheck.api")), name)


def __dir__() -> list[str]:
    return sorted(__all__)
