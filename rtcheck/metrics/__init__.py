"""Metrics: one family a file, the table of them, and the notation that names them.

A metric declares what it needs and measures one `Subject`. It never fetches, caches, rounds, or
knows a limit.
"""

from rtcheck.metrics.base import Metric, Needs, Subject, Value
from rtcheck.metrics.measurement import Measurement
from rtcheck.metrics.notation import parse_metric
from rtcheck.metrics.table import FAMILIES

__all__ = ["FAMILIES", "Measurement", "Metric", "Needs", "Subject", "Value", "parse_metric"]
