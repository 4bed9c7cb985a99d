"""Drawing and growing bodies slice by slice, against shapes that are known."""

from __future__ import annotations

import numpy as np
import pytest

from rtcheck.phantoms.shapes import Blob, Ellipse, Outline, draw, draw_blob, grow
from rtcheck.phantoms.targets import SLICE_MM, Volume

PLAIN = Outline(points=120, rounding_rad=0.0)
CENTER = np.array([-7.0, 4.0, 2.0])
FINE = np.arange(-30.0, 40.0)


def ball(radius_mm: float) -> tuple[np.ndarray, ...]:
    return draw_blob(Blob(tuple(CENTER), (radius_mm,) * 3), FINE, PLAIN)


def test_a_round_blob_is_a_ball() -> None:
    points = np.concatenate(ball(15.0))
    assert np.linalg.norm(points - CENTER, axis=1) == pytest.approx(15.0, abs=1e-6)


@pytest.mark.parametrize("margin_mm", [4.0, 10.0])
def test_a_ball_with_a_margin_is_a_larger_ball(margin_mm: float) -> None:
    grown = np.concatenate(grow(ball(15.0), FINE, margin_mm, margin_mm))
    distance = np.linalg.norm(grown - CENTER, axis=1)
    # Planes 1 mm apart and 100 points a contour: dents of 0.2 mm; the ends are blunt.
    away = np.abs(grown[:, 2] - CENTER[2]) < 12 + margin_mm
    assert away.mean() > 0.7
    assert distance[away] == pytest.approx(15.0 + margin_mm, abs=0.25)
    assert distance.max() < 15.0 + margin_mm + 0.7


def test_an_anisotropic_margin_reaches_further_along_z() -> None:
    grown = np.concatenate(grow(ball(15.0), FINE, 5.0, 12.0))
    assert np.ptp(grown[:, 0]) == pytest.approx(2 * 20.0, abs=0.3)
    assert np.ptp(grown[:, 1]) == pytest.approx(2 * 20.0, abs=0.3)
    # The ball was last drawn a plane before its ends, and so is the margin.
    assert np.ptp(grown[:, 2]) == pytest.approx(2 * (27.0 - 1 - 1), abs=1e-9)


def test_carving_leaves_the_side_that_is_seen() -> None:
    whole, hole = Ellipse(0, 0, 20, 20), Ellipse(25, 0, 15, 15)
    drawn = draw(6.0, 0, 0, [whole], [hole], PLAIN)
    assert drawn is not None
    assert np.hypot(drawn[:, 0] - 25, drawn[:, 1]).min() >= 15 - 1e-6
    assert drawn[:, 0].min() == pytest.approx(-20, abs=1e-6)
    assert drawn[:, 0].max() < 20
    assert (drawn[:, 2] == 6.0).all()


def test_nothing_is_drawn_where_nothing_is_left() -> None:
    assert draw(0.0, 0, 0, [Ellipse(0, 0, 9, 9)], [Ellipse(0, 0, 12, 12)], PLAIN) is None
    assert draw_blob(Blob((0, 0, 0), (9, 9, 9)), [20.0], PLAIN) == ()


def test_targets_lie_on_slices_only() -> None:
    tumour = Volume.tumour(Blob((10, -20, 31), (14, 12, 13)))
    grown = tumour.grown(5.0, 5.0)
    for volume in (tumour, grown):
        heights = [c[0, 2] for c in volume.contours]
        assert np.remainder(heights, SLICE_MM) == pytest.approx(0, abs=1e-9)
        assert np.diff(heights) == pytest.approx(SLICE_MM, abs=1e-9)
    assert len(grown.contours) >= len(tumour.contours) + 2
