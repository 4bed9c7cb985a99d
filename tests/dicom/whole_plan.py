"""One phantom plan as a whole export: two targets, a hole, an irregular dose grid."""

import numpy as np

from rtcheck.phantoms.doses import LinearDose
from rtcheck.phantoms.records import PhantomPlan, Prescription, Roi

GRADIENT = LinearDose(30.0, (0.11, -0.07, 0.05))
X_MM = np.arange(-40.0, 41.0, 2.5)
Y_MM = np.arange(-30.0, 31.0, 3.0)
Z_MM = np.array([-20.0, -16.0, -12.0, -8.0, -4.0, 1.0, 7.0])  # irregular towards the head
DOSE_GY = GRADIENT.on_grid(X_MM, Y_MM, Z_MM)


def square(half_mm, z_mm, center_mm=(3.0, -4.0)):
    corners = half_mm * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) + center_mm
    return np.column_stack([corners, np.full(4, z_mm)])


HOLED = tuple(square(half, z) for z in (-9.0, -6.0, -3.0) for half in (12.0, 5.0))

PHANTOM = PhantomPlan(
    seed="read",
    rois=(
        Roi("PTV_High", 7, HOLED, "PTV"),
        Roi("PTV_Low", 3, (square(20.0, -6.0),), "PTV"),
        Roi("Cord", 5),
    ),
    prescriptions=(Prescription("high", 32.0, 7), Prescription("low", 25.6, 3)),
    fractions=16,
    dose_gy=DOSE_GY,
    x_mm=X_MM,
    y_mm=Y_MM,
    z_mm=Z_MM,
    label="Phantom",
)
