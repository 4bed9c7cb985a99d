"""The Report record with its provenance, and one writer a format."""

from rtcheck.report.record import Curve, PlanFacts, ProtocolFacts, Report

__all__ = ["Curve", "PlanFacts", "ProtocolFacts", "Report"]
