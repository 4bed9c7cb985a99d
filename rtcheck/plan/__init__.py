"""Plain frozen records of a treatment plan. Gy, cm3 and mm; DICOM patient axes.

Arrays are (z, y, x); points are (x, y, z) in mm in the DICOM patient frame: x to the patient's
left, y to the back, z to the head. Every array in a record is read-only.
"""

from rtcheck.plan.blocking import is_blocked, plan_blocks
from rtcheck.plan.dose import DoseGrid
from rtcheck.plan.finding import Finding, Severity
from rtcheck.plan.fraction_pattern import FractionPattern
from rtcheck.plan.identity import Identity
from rtcheck.plan.plan import Plan
from rtcheck.plan.prescription import Prescription, parse_prescription
from rtcheck.plan.source_files import SourceFiles
from rtcheck.plan.stored_dvh import StoredDvh
from rtcheck.plan.structure import TARGET_TYPES, Structure

__all__ = [
    "TARGET_TYPES",
    "DoseGrid",
    "Finding",
    "FractionPattern",
    "Identity",
    "Plan",
    "Prescription",
    "Severity",
    "SourceFiles",
    "StoredDvh",
    "Structure",
    "is_blocked",
    "parse_prescription",
    "plan_blocks",
]
