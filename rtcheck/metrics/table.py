"""The one list of metric families. A new family is one file and one line here."""

from __future__ import annotations

from rtcheck.metrics.base import Metric
from rtcheck.metrics.containment import Inside, Margin
from rtcheck.metrics.dose_at_volume import DoseAtVolume
from rtcheck.metrics.dose_statistics import DoseStatistic
from rtcheck.metrics.geud import GeneralisedEud
from rtcheck.metrics.indices import (
    ConformityIndex,
    GradientIndex,
    HomogeneityIndex,
    PaddickConformityIndex,
)
from rtcheck.metrics.prescription_facts import PrescriptionFact, Schedule
from rtcheck.metrics.size import Count, Diameter, Volume
from rtcheck.metrics.volume_at_dose import VolumeAtDose

FAMILIES: tuple[type[Metric], ...] = (
    DoseAtVolume,
    VolumeAtDose,
    DoseStatistic,
    Volume,
    Diameter,
    Count,
    Inside,
    Margin,
    HomogeneityIndex,
    ConformityIndex,
    PaddickConformityIndex,
    GradientIndex,
    GeneralisedEud,
    PrescriptionFact,
    Schedule,
)
