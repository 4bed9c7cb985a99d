"""Channels without width are taken out; what they join stays, whatever its number of holes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.geometry.keyholes import without_channels


def edges_of(points: list[tuple[float, float]]) -> np.ndarray:
    at = np.array(points, dtype=float)
    return np.hstack([at, np.roll(at, -1, axis=0)])


def loops_of(points: list[tuple[float, float]]) -> list[set[tuple[float, float]]]:
    edges = edges_of(points)
    kept, loop = without_channels(edges, np.zeros(len(edges), dtype=np.int64))
    starts = [tuple(map(float, edges[k, :2])) for k in kept]
    return [
        {starts[i] for i in np.flatnonzero(loop == number)} for number in range(int(loop[-1]) + 1)
    ]


def square(x: float, y: float, half: float) -> list[tuple[float, float]]:
    return [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]


@given(st.integers(1, 4), st.integers(0, 3), st.integers(0, 3))
def test_any_number_of_holes_are_loops_of_their_own(holes: int, turn: int, bends: int) -> None:
    outer = square(0.0, 0.0, 50.0)
    drawn: list[tuple[float, float]] = []
    inner = [square(-30.0 + 20.0 * i, 5.0 * i, 4.0) for i in range(holes)]
    for i, hole in enumerate(inner):
        # From a corner of the outer square, by way of some points, to the hole and back.
        way = [(-49.0 + k + 10 * i, -49.0 + k) for k in range(bends)]
        ring = hole[turn:] + hole[:turn]
        drawn += [outer[i], *way, *ring, ring[0], *reversed(way), outer[i]]
    drawn += outer[holes:]
    found = loops_of(drawn)
    assert found[0] == set(outer)
    assert sorted(map(sorted, found[1:])) == sorted(map(sorted, inner))


def test_a_hole_in_a_hole_that_was_reached_through_it() -> None:
    outer, hole, island = square(0, 0, 9), square(0, 0, 6), square(0, 0, 3)
    within = [hole[0], island[0], *island[1:], island[0], hole[0], *hole[1:], hole[0]]
    assert loops_of([outer[0], *within, *outer]) == [set(outer), set(hole), set(island)]


def test_a_spike_is_cut_off() -> None:
    assert loops_of([(0, 0), (9, 0), (15, 0), (9, 0), (9, 9), (0, 9)]) == [
        {(0, 0), (9, 0), (9, 9), (0, 9)}
    ]


@pytest.mark.parametrize(
    "points",
    [
        square(0, 0, 5),
        # There and back and nothing else: it encloses nothing, and is left as it is.
        [(0.0, 0.0), (5.0, 0.0)],
        # An edge run along three times is no channel.
        [(0, 0), (9, 0), (0, 0), (9, 0), (9, 9), (0, 9)],
    ],
)
def test_what_has_no_channel_is_left_as_it_is(points: list[tuple[float, float]]) -> None:
    edges = edges_of(points)
    kept, loop = without_channels(edges, np.zeros(len(edges), dtype=np.int64))
    assert kept.tolist() == list(range(len(points)))
    assert not loop.any()


def test_contours_stay_apart_and_in_order() -> None:
    one, other = edges_of(square(0, 0, 5)), edges_of(square(20, 0, 5))
    kept, loop = without_channels(np.vstack([one, other]), np.repeat([3, 7], 4))
    assert kept.tolist() == list(range(8))
    assert loop.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
