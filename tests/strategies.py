"""One house of Hypothesis strategies: histograms, doses, bodies, expressions, metrics."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from rtcheck.dvh import Dvh
from rtcheck.geometry.expression import Combine, Expression, Grow, Name


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    """Return finite floats between two bounds."""
    return st.floats(low, high, allow_nan=False, allow_infinity=False, allow_subnormal=False)


doses_gy = numbers(0.0, 80.0)
shares = numbers(0.001, 1.0)
"""Shares of a volume, none so small that it is float noise."""


@st.composite
def dvhs(draw: st.DrawFn, outside: bool = False) -> Dvh:
    """Return histograms of 1 to 40 samples; ties are common, as in a uniform dose."""
    dose = st.one_of(doses_gy, st.sampled_from([0.0, 20.0, 50.0]))
    size = draw(st.integers(1, 40))
    gy = draw(st.lists(dose, min_size=size, max_size=size))
    cm3 = draw(st.lists(numbers(0.01, 10.0), min_size=size, max_size=size))
    beyond = (draw(numbers(0.01, 20.0)), draw(doses_gy)) if outside else (0.0, 0.0)
    return Dvh(np.array(gy), np.array(cm3), None, None, *beyond)


centers_mm = st.tuples(*[numbers(-12.0, 12.0)] * 3)


@st.composite
def stars(draw: st.DrawFn) -> np.ndarray:
    """Return star-shaped closed curves (n, 2) in mm around zero, 8 to 30 mm wide either way."""
    count = draw(st.integers(5, 24))
    radii = np.array(draw(st.lists(numbers(8.0, 30.0), min_size=count, max_size=count)))
    angles = 2 * np.pi * np.arange(count) / count + draw(numbers(0.0, 1.0))
    return np.column_stack([radii * np.cos(angles), radii * np.sin(angles)])


names = st.one_of(
    st.sampled_from(
        ["Liver", "GTV", "Lung_L", "PTV 50", "Lungs-GTV", "A|B", "expand", "ring", "1"]
    ),
    st.text(
        st.characters(codec="utf-8", exclude_categories=("C",), exclude_characters='"'), min_size=1
    )
    .map(str.strip)
    .filter(bool),
)


@st.composite
def _grown(draw: st.DrawFn, of: st.SearchStrategy[Expression]) -> Expression:
    mm = st.integers(0, 2000).map(lambda tenth: tenth / 10)
    return Grow(draw(of), draw(mm), draw(mm), draw(mm), draw(st.booleans()))


@st.composite
def _combined(draw: st.DrawFn, of: st.SearchStrategy[Expression]) -> Expression:
    return Combine(draw(st.sampled_from("|&-")), draw(of), draw(of))


expressions: st.SearchStrategy[Expression] = st.recursive(
    names.map(Name), lambda of: st.one_of(_combined(of), _grown(of)), max_leaves=6
)
