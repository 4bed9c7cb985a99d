"""Pictures of the plan: axial planes with CT, dose and contours, as self-contained SVG."""

from rtcheck.report.pictures.make import make_pictures

__all__ = ["make_pictures"]
