"""rtcheck checks radiotherapy plans against citable dose-constraint protocols."""

from __future__ import annotations

__version__ = "0.1.0"
