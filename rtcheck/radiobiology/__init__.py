"""BED, EQD2, EQDx, gEUD and LKB NTCP: pure functions of dose."""

from rtcheck.radiobiology.fractionation import (
    ConventionalEquivalent,
    bed_gy,
    conventional_equivalent,
    eqdx_gy,
)
from rtcheck.radiobiology.volume_effect import geud_gy, lkb_ntcp_fraction

__all__ = [
    "ConventionalEquivalent",
    "bed_gy",
    "conventional_equivalent",
    "eqdx_gy",
    "geud_gy",
    "lkb_ntcp_fraction",
]
