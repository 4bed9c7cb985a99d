"""The gate before judging: whether a plan that could be read can also be what it says it is."""

from rtcheck.gate.check import check_plan
from rtcheck.gate.checklist import Checked, checklist
from rtcheck.gate.codes import GATE_CODES
from rtcheck.gate.targets import unchecked_targets

__all__ = ["GATE_CODES", "Checked", "check_plan", "checklist", "unchecked_targets"]
