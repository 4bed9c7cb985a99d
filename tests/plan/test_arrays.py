"""The median that records use, against numpy's own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.plan.arrays import median

lengths = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(st.lists(lengths, min_size=1, max_size=9))
def test_the_median_is_that_of_numpy(values):
    array = np.array(values)
    assert median(array) == np.median(array)
    np.testing.assert_array_equal(array, values)  # looked at, not sorted in place
