"""Commissioning: analytic phantoms through the whole chain, against what is exactly true.

- `bodies`, `cases`: what is drawn, in which dose, on which slices and grids.
- `figures`: what is compared; `run`: written as DICOM files, read back, measured.
- `criteria`, `acceptance`, `checks`: what is required, and what came out.
- `record`: all of it with versions and hashes; `text_record`, `json_record` and `html_record`
  write it.
"""

from __future__ import annotations

from rtcheck.commission.record import Commission, run_commission

__all__ = ["Commission", "run_commission"]
