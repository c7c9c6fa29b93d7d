"""Products of small integers, many at once.

numpy multiplies integers without the processor's instructions for it: ten thousand rows took it
forty times as long as onnxruntime, which is here anyway.
"""

import numpy as np
import numpy.typing as npt

from search.session import Session

# One MatMulInteger in ONNX format: rows (m, k) of uint8, columns (k, n) of int8, products (m, n) of
# int32. Written out, as the package that writes such graphs is not installed where questions are
# answered; a test compares it with what that package writes.
GRAPH = (
    b'\x08\x08:\x89\x01\n(\n\x04rows\n\x07columns\x12\x08products"\rMatMulInteger\x12\x08products'
    b"Z\x18\n\x04rows\x12\x10\n\x0e\x08\x02\x12\n\n\x03\x12\x01m\n\x03\x12\x01k"
    b"Z\x1b\n\x07columns\x12\x10\n\x0e\x08\x03\x12\n\n\x03\x12\x01k\n\x03\x12\x01n"
    b"b\x1c\n\x08products\x12\x10\n\x0e\x08\x06\x12\n\n\x03\x12\x01m\n\x03\x12\x01n"
    b"B\x04\n\x00\x10\n"
)

_MULTIPLY = Session(GRAPH)


def products(rows: npt.NDArray[np.uint8], columns: npt.NDArray[np.int8]) -> npt.NDArray[np.int32]:
    """The matrix product of `rows`, (m, k), and `columns`, (k, n).

    Exact while a row's values stay below 128: processors without the newest instructions add up
    pairs of products in sixteen bits.
    """
    found: npt.NDArray[np.int32] = _MULTIPLY.run({"rows": rows, "columns": columns})[0]
    return found
