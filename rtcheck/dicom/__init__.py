"""Reading DICOM RT: which files belong together, and one module for each DICOM object.

Nothing is repaired silently. What is wrong or doubtful is a finding of the plan; its codes stand
in `codes`. Whatever pydicom raises ends at `door`.
"""

from rtcheck.dicom.codes import CODES
from rtcheck.dicom.read import read_plans

__all__ = ["CODES", "read_plans"]
