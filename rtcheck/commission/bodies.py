"""The bodies and the doses of the commissioning suite.

Bodies have their centre off every grid, are 3 to 24 mm in radius, and lie so that the planes of the
contours meet them anywhere. Doses are prescribed 50 Gy; gradients are those of a treatment.
"""

from __future__ import annotations

from rtcheck.phantoms.doses import Dose, GaussianDose, LinearDose, PenumbraDose, UniformDose
from rtcheck.phantoms.solids import (
    Cone,
    Cylinder,
    Ellipsoid,
    HollowSphere,
    LyingCone,
    LyingCylinder,
    LyingTorus,
    Pair,
    Solid,
    Sphere,
    Torus,
)

RX_GY = 50.0
"""The prescription, of which errors of dose are percentages."""

BODIES: dict[str, Solid] = {
    "sphere 3 mm": Sphere.of((0.4, -0.7, 0.2), 3.0),
    "sphere 6 mm": Sphere.of((-0.8, 0.3, 0.6), 6.0),
    "sphere 12 mm": Sphere.of((1.3, -2.2, 0.7), 12.0),
    "sphere 24 mm": Sphere.of((-0.6, 1.7, -1.1), 24.0),
    "axial cylinder": Cylinder((1.1, 0.6, -0.9), 8.0, 31.4),
    "lying cylinder": LyingCylinder((-0.3, 1.2, 0.5), 10.0, 30.0, 25.0),
    "axial cone": Cone((0.9, -0.4, 1.6), 12.0, 26.3),
    "lying cone": LyingCone((1.7, 0.8, -0.2), 12.0, 26.0, 205.0),
    "turned ellipsoid": Ellipsoid((-1.2, 0.5, 0.8), (8.0, 15.0, 22.0), (20.0, -35.0, 50.0)),
    "flat torus": Torus((0.7, 1.4, -0.6), 15.0, 6.0),
    "standing torus": LyingTorus((-0.9, -0.2, 1.3), 14.0, 5.0),
    "hollow sphere, nested": HollowSphere((0.2, 1.1, -0.8), 18.0, 10.0),
    "hollow sphere, keyhole": HollowSphere((0.2, 1.1, -0.8), 18.0, 10.0, keyhole=True),
    "two spheres": Pair(Sphere.of((-9.3, 2.1, 0.9), 8.0), Sphere.of((9.6, -3.4, 6.2), 5.0)),
    "thin shell": HollowSphere((-0.5, 0.9, 1.4), 18.0, 15.5),
}
"""Name to body."""

DOSES: dict[str, Dose] = {
    "uniform": UniformDose(RX_GY),
    "gradient AP": LinearDose(RX_GY, (0.0, 1.0, 0.0)),
    "gradient SI": LinearDose(RX_GY, (0.0, 0.0, 1.0)),
    "gradient oblique": LinearDose(RX_GY, (0.5, -0.6, 0.625)),
    "Gaussian 15 mm": GaussianDose(60.0, (4.0, -3.0, 5.0), 15.0),
    "Gaussian 9 mm": GaussianDose(62.5, (1.5, 2.0, -1.0), 9.0),
    "penumbra LR": PenumbraDose(1.0, RX_GY, (3.0, 0.0, 0.0), (1.0, 0.0, 0.0)),
    "penumbra SI": PenumbraDose(1.0, RX_GY, (0.0, 0.0, -2.5), (0.0, 0.0, -1.0)),
    "penumbra oblique": PenumbraDose(1.0, RX_GY, (2.0, -1.0, 1.5), (0.6, 0.64, 0.48)),
}
"""Name to dose; the penumbra is 5 mm from 20 to 80 %."""
