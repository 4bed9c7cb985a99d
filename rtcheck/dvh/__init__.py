"""The dose-volume histogram: record and computation."""

from rtcheck.dvh.record import Dvh

__all__ = ["Dvh"]
