"""Closed-form solids: contours that lie on the true surface, and the exact volume.

Every solid answers the same questions, so that a commissioning table can run over all of them:
its volume, its contours on a plane, whether points lie in it, which fraction of it lies beyond a
plane (the exact DVH in a dose that changes along one direction), and points spread evenly over it
(the DVH in any other dose).
"""

from __future__ import annotations

from rtcheck.phantoms.solids.box import Box
from rtcheck.phantoms.solids.cones import Cone, LyingCone
from rtcheck.phantoms.solids.cylinders import Cylinder, LyingCylinder
from rtcheck.phantoms.solids.ellipsoids import Ellipsoid, Sphere
from rtcheck.phantoms.solids.hollow import HollowSphere
from rtcheck.phantoms.solids.pair import Pair
from rtcheck.phantoms.solids.solid import OneContour, Solid, Vector, slice_planes_mm
from rtcheck.phantoms.solids.tori import LyingTorus, Torus

__all__ = [
    "Box",
    "Cone",
    "Cylinder",
    "Ellipsoid",
    "HollowSphere",
    "LyingCone",
    "LyingCylinder",
    "LyingTorus",
    "OneContour",
    "Pair",
    "Solid",
    "Sphere",
    "Torus",
    "Vector",
    "slice_planes_mm",
]
