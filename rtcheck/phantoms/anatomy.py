"""A made-up torso: body, lungs, heart, liver and the organs around it.

Sizes are those of a slim adult who lies on the back with the arms up; z = 0 is near the top of
the diaphragm. Nothing comes from a patient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from rtcheck.phantoms.records import Points
from rtcheck.phantoms.shapes import Blob, Contours, Ellipse, Outline, Values, draw, draw_blob

LUNG_GAP_MM = 5.0
"""Chest wall, pleura or diaphragm between a lung and what it lies against."""

_CHEST_R = Blob((-80, 2, 58), (64, 86, 130), blunt=(7.0, 2.4))
_CHEST_L = Blob((82, 2, 58), (60, 85, 130), blunt=(7.0, 2.4))
_MEDIASTINUM = Blob((4, -12, 70), (36, 62, 260))
_SPINE = Blob((0, 56, 0), (30, 34, 600))
_HEART = Blob((26, -34, 36), (52, 43, 46), lean=(-0.35, 0.1))
_DOME_R = Blob((-70, -10, -66), (67, 84, 76))
_DOME_L = Blob((70, -8, -74), (64, 82, 74))
_RIGHT_LOBE = Blob((-70, -8, -62), (65, 77, 65), blunt=(2.2, 2.0))
_LEFT_LOBE = Blob((2, -52, -44), (56, 26, 30), lean=(0.0, 0.1))
_KIDNEY_R = Blob((-60, 50, -118), (28, 24, 52), lean=(0.12, -0.06))
_KIDNEY_L = Blob((60, 50, -106), (28, 24, 53), lean=(-0.12, -0.06))
_HILUM = Blob((-8, 46, -88), (44, 50, 72))
_C_LOOP = Blob((-24, 2, -114), (22, 20, 34))
_ROUGH = Outline(wobble=((3, 0.015, 0.4, 0.02), (5, 0.01, 1.7, -0.03)))


@dataclass(frozen=True)
class Liver:
    """The liver: a right and a left lobe, and the hollow that the other organs press into it.

    Parameters
    ----------
    right : Blob
        The right lobe; the liver is seen from its axis.
    left : Blob or None
        The left lobe; None after it was taken out.
    """

    right: Blob = _RIGHT_LOBE
    left: Blob | None = _LEFT_LOBE


@dataclass(frozen=True)
class Torso:
    """The organs of the made-up patient on given planes.

    Parameters
    ----------
    z_planes_mm : ndarray
        Planes of the contours in mm, ascending.
    liver : Liver
        Its liver; lungs and the rest stay as they are.
    """

    z_planes_mm: Values
    liver: Liver = Liver()

    def organs(self) -> dict[str, Contours]:
        """Return the contours of every organ by its TG-263 name."""
        lung_l, lung_r = self._lung(left=True), self._lung(left=False)
        return {
            "External": self._each(_body),
            "Lung_L": lung_l,
            "Lung_R": lung_r,
            "Lungs": lung_l + lung_r,
            "Heart": draw_blob(_HEART, self.z_planes_mm, _ROUGH),
            "Esophagus": self._each(_esophagus),
            "SpinalCord": self._each(_spinal_cord),
            "Liver": self._each(self._liver),
            "Stomach": self._each(_stomach),
            "Duodenum": self._each(_duodenum),
            "Kidney_L": self._kidney(_KIDNEY_L),
            "Kidney_R": self._kidney(_KIDNEY_R),
        }

    def _each(self, section: Callable[[float], Points | None]) -> Contours:
        drawn = (section(float(z)) for z in self.z_planes_mm)
        return tuple(c for c in drawn if c is not None)

    def _lung(self, *, left: bool) -> Contours:
        chest, dome = (_CHEST_L, _DOME_L) if left else (_CHEST_R, _DOME_R)
        # The recess behind the diaphragm is seen from within it: backwards and outwards.
        toward = np.array([np.arctan2(0.93, 0.36 if left else -0.36)])
        drawn = []
        for z in self.z_planes_mm:
            outer, inner = chest.section(z), dome.section(z, LUNG_GAP_MM)
            if outer is None:
                continue
            x, y = outer.x, outer.y
            if inner is not None:
                x, y = inner.x, inner.y
                start = inner.crossings(x, y, toward)[1][0]
                stop = outer.crossings(x, y, toward)[1][0]
                if stop - start < 5:
                    continue
                x += (start + stop) / 2 * np.cos(toward[0])
                y += (start + stop) / 2 * np.sin(toward[0])
            carved = [inner, _MEDIASTINUM.section(z), _SPINE.section(z)]
            carved.append(_HEART.section(z, LUNG_GAP_MM + 2))
            drawn.append(draw(z, x, y, [outer], carved, replace(_ROUGH, points=120)))
        return tuple(c for c in drawn if c is not None)

    def _liver(self, z: float) -> Points | None:
        right = self.liver.right.section(z)
        left = None if self.liver.left is None else self.liver.left.section(z)
        if right is None:
            return None
        carved = [_HILUM.section(z), _KIDNEY_R.section(z, 7.0), _C_LOOP.section(z)]
        outline = replace(_ROUGH, points=140, rounding_rad=0.09)
        x, y = self.liver.right.center_mm[:2]
        return draw(z, x, y - 8, [right, left], carved, outline)

    def _kidney(self, kidney: Blob) -> Contours:
        # The hilum of a kidney: a dent on the side of the spine.
        x, y, z = kidney.center_mm
        dent = Blob((x - np.copysign(34, x), y - 4, z), (16, 10, 20))
        return draw_blob(kidney, self.z_planes_mm, Outline(points=72), [dent])


def _body(z: float) -> Points:
    shoulder = np.clip((z - 120) / 120, 0, 1) ** 2
    a = 174 - 22 * shoulder + 4 * np.sin(z / 70)
    b = 114 - 14 * shoulder + 3 * np.cos(z / 60)
    angles = 2 * np.pi * np.arange(160) / 160
    cos, sin = np.cos(angles), np.sin(angles)
    radius = (np.abs(cos / a) ** 2.4 + np.abs(sin / b) ** 2.4) ** (-1 / 2.4)
    # A furrow along the back bone and a flat belly.
    radius = radius * (1 - 0.03 * np.exp(-(((angles - np.pi / 2) / 0.18) ** 2)))
    return np.column_stack([radius * cos, radius * sin, np.full(160, z)])


def spine_y_mm(z_mm: Values | float) -> Values:
    """Return the y of the spinal cord at some heights in mm: bent backwards at the chest."""
    return np.asarray(70 + 7 * np.sin((np.asarray(z_mm) - 20) / 75))


def _spinal_cord(z: float) -> Points | None:
    wide = 6.2 + 0.6 * np.cos(z / 50)
    ring = Ellipse(0.8 * np.sin(z / 60), float(spine_y_mm(z)), wide, 4.8)
    return draw(z, ring.x, ring.y, [ring], (), Outline(points=60, rounding_rad=0.0))


def _esophagus(z: float) -> Points | None:
    if z < -21:
        return None
    low = np.clip((60 - z) / 80, 0, 1)
    ring = Ellipse(4 + 14 * low**2, float(spine_y_mm(z)) - 41 - 14 * low, 9.0, 6.5)
    return draw(z, ring.x, ring.y, [ring], (), replace(_ROUGH, points=60))


def _stomach(z: float) -> Points | None:
    top, bottom = -20.0, -126.0
    if not bottom < z < top:
        return None
    way = (top - z) / (top - bottom)
    size = (1 - abs(2 * way - 1) ** 3.5) ** (1 / 3.5)
    ring = Ellipse(
        66 - 46 * way**1.6, 6 - 56 * way**1.2, (40 - 12 * way) * size, (33 - 13 * way) * size
    )
    return draw(z, ring.x, ring.y, [ring], (), _ROUGH)


def _duodenum(z: float) -> Points | None:
    top, bottom = -96.0, -147.0
    if not bottom < z < top:
        return None
    # Above, the limb that descends beside the head of the pancreas; below, it turns to the left.
    turn = 1 / (1 + np.exp((z + 132) / 2.5))
    size = np.clip((z - bottom) / 6, 0, 1) ** 0.5 * np.clip((top - z) / 8, 0, 1) ** 0.5
    ring = Ellipse(-26 + 24 * turn, 2 + 10 * turn, (13 + 26 * turn) * size, (12 - 1 * turn) * size)
    return draw(z, ring.x, ring.y, [ring], (), replace(_ROUGH, points=72))
