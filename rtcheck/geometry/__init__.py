"""Contours to solids: planes, what lies between and beyond them, algebra, sampling.

Arrays are (z, y, x) and points (x, y, z) in mm, DICOM patient axes. A solid is a *field*: negative
inside, zero on the surface, in mm near it.
"""

from rtcheck.geometry.expression import names_in, parse_expression
from rtcheck.geometry.lattice import Parts, lattices_for
from rtcheck.geometry.models import GEOMETRY_MODELS, GeometryModel
from rtcheck.geometry.sampling import iter_samples
from rtcheck.geometry.solid import Margins, Solid

__all__ = [
    "GEOMETRY_MODELS",
    "GeometryModel",
    "Margins",
    "Parts",
    "Solid",
    "iter_samples",
    "lattices_for",
    "names_in",
    "parse_expression",
]
