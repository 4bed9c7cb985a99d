"""Arrays that a record holds: nobody else can change them, and nobody else's is touched."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

Number = TypeVar("Number", bound=np.generic)


def frozen(values: object, dtype: DTypeLike) -> NDArray[Any]:
    """Return values as a contiguous array that cannot be written to.

    An array that could still be written to elsewhere is copied; one that is read-only is not.
    """
    given = np.asarray(values)
    array = np.ascontiguousarray(given, dtype=dtype)
    if given.flags.writeable and np.shares_memory(array, given):
        array = array.copy()
    array.flags.writeable = False
    return array


def median(values: NDArray[np.float64]) -> float:
    """Return the median; numpy's own would import its masked arrays, which takes 20 ms."""
    ascending = np.sort(values)
    middle = len(ascending) // 2
    return float(ascending[middle] + ascending[-1 - middle]) / 2


def distinct(values: NDArray[Number]) -> NDArray[Number]:
    """Return the different values, ascending; a bare `numpy.unique` imports masked arrays too.

    Examples
    --------
    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    ascending = np.sort(values, axis=None)
    is_new = np.ones(len(ascending), dtype=np.bool_)
    is_new[1:] = ascending[1:] != ascending[:-1]
    found: NDArray[Number] = ascending[is_new]
    return found
