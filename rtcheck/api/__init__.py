"""The whole river: read a plan, measure it, check it against a protocol."""

from __future__ import annotations

from rtcheck.api.checking import check, dicom_pdf
from rtcheck.api.comparing import compare
from rtcheck.api.reading import read, read_all, role_matches
from rtcheck.geometry import GEOMETRY_MODELS
from rtcheck.open_plan import OpenPlan, Region

__all__ = [
    "GEOMETRY_MODELS",
    "OpenPlan",
    "Region",
    "check",
    "compare",
    "dicom_pdf",
    "read",
    "read_all",
    "role_matches",
]
