"""Lists of different lengths, one behind the other in one array.

The list of owner n is [starts[n], starts[n + 1]).
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
_Value = TypeVar("_Value", np.float32, np.bool_)


def gathered(starts: IntArray, chosen: IntArray) -> tuple[IntArray, IntArray]:
    """The entries of the chosen owners: their numbers, one owner after the other, and for each
    entry the place of its owner in `chosen`."""
    first = starts[chosen]
    sizes = starts[chosen + 1] - first
    ends = np.cumsum(sizes)
    owner = np.repeat(np.arange(len(chosen)), sizes)
    return np.arange(len(owner)) + (first - ends + sizes)[owner], owner


def runs(owners: npt.NDArray[np.integer]) -> IntArray:
    """Where the runs of equal numbers start."""
    first = np.ones(len(owners), np.bool_)
    np.not_equal(owners[1:], owners[:-1], out=first[1:])
    return np.flatnonzero(first)


def combined(
    combine: np.ufunc, values: npt.NDArray[_Value], left: IntArray, right: IntArray
) -> npt.NDArray[_Value]:
    """The rows [left, right) of values, (rows, n), combined: (spans, n). No span may be empty."""
    bounds = np.stack([left, right], axis=1).ravel()
    padded = np.concatenate([values, values[:1]])  # `reduceat` takes no bound behind the last row
    found: npt.NDArray[_Value] = combine.reduceat(padded, bounds, axis=0)[::2]
    return found
