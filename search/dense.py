"""The vector index: sketches find the nearest vectors, the vectors themselves put them in order.

A sketch has four bits a dimension. FAISS compares 33,000 of them with a query in .14 ms, where
reading all vectors takes 1.5, and the ten nearest vectors were among the 300 nearest sketches for
each of 300 questions (decision record 0010).
"""

from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from kb.errors import DamagedIndex, StoreError
from search.mapped import mapped

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

VECTORS_FILE, SKETCHES_FILE = "vectors.npy", "sketches.faiss"

# Up to so many vectors are read without looking at sketches first: about 2 ms.
READ_ALL = 40_000
# Fewer vectors have no sketches: reading them all takes .2 ms, learning half a second.
SKETCHED_FROM = 10_000
_BITS = 4
_ROUNDS = 10  # of learning what the sixteen values of a dimension stand for


def build_dense_index(folder: Path, vectors: FloatArray) -> None:
    """Write the index of `vectors`, (vectors, dimensions), float32, unit length, into `folder`.

    Raises StoreError when it cannot be written.
    """
    try:
        np.save(folder / VECTORS_FILE, vectors)
        if len(vectors) >= SKETCHED_FROM:
            faiss.write_index(_sketched(vectors), str(folder / SKETCHES_FILE))
    except (OSError, RuntimeError) as error:
        raise StoreError(folder / VECTORS_FILE, error) from error


def _sketched(vectors: FloatArray) -> faiss.IndexPQFastScan:
    """Each dimension is a part of its own: no product of many, but a scan of bytes in registers."""
    # Its threads spin while they wait: beside other work on two cores learning took 19 s, not one.
    faiss.omp_set_num_threads(1)
    dimensions = vectors.shape[1]
    sketches = faiss.IndexPQFastScan(dimensions, dimensions, _BITS, faiss.METRIC_INNER_PRODUCT)
    sketches.pq.cp.niter = _ROUNDS
    sketches.train(vectors)
    sketches.add(vectors)
    return sketches


class DenseIndex:
    """Read access to a vector index. Open it after a fork; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """Raises DamagedIndex when a file cannot be read or the files do not fit together."""
        # FAISS hangs in a forked child when its thread pool ran in the parent, and its pool
        # competes with the encoder's: one thread is fast enough.
        faiss.omp_set_num_threads(1)
        try:
            self._vectors: FloatArray = mapped(folder / VECTORS_FILE)
            self._sketches = _read_sketches(folder) if self.size >= SKETCHED_FROM else None
        except (OSError, ValueError, RuntimeError) as error:
            raise DamagedIndex(f"{folder}: the vector index cannot be read.", folder) from error
        if self._sketches and (self._sketches.ntotal, self._sketches.d) != self._vectors.shape:
            raise DamagedIndex(f"{folder}: the vector index does not fit together.", folder)

    @property
    def size(self) -> int:
        return len(self._vectors)

    def near(self, query: FloatArray, limit: int, allowed: BoolArray | None = None) -> IntArray:
        """Numbers of the `limit` vectors nearest to a query (dimensions,), in no order.

        `allowed`, (vectors,), restricts them to those it marks.
        """
        if self._sketches is None:
            every = np.arange(self.size) if allowed is None else np.flatnonzero(allowed)
            return self._nearest_of(every, query, limit)
        if allowed is None:
            return self._by_sketches(query, limit)
        # Sketches cannot be left out of a scan: where most are, the others are read at once.
        rows = np.flatnonzero(allowed)
        if len(rows) > READ_ALL:
            found = self._by_sketches(query, 2 * limit * self.size // len(rows))
            found = found[allowed[found]]
            if len(found) >= limit:
                return found[:limit]
        return self._nearest_of(rows, query, limit)

    def _by_sketches(self, query: FloatArray, limit: int) -> IntArray:
        assert self._sketches is not None
        _, found = self._sketches.search(query[None, :], min(limit, self.size))
        numbers: IntArray = found[0]
        return numbers

    def _nearest_of(self, rows: IntArray, query: FloatArray, limit: int) -> IntArray:
        if len(rows) <= limit:
            return rows
        return rows[np.argpartition(-self.cosines(query, rows), limit)[:limit]]

    def vector(self, number: int) -> FloatArray:
        """The vector of this number, (dimensions,)."""
        found: FloatArray = self._vectors[number]
        return found

    def cosines(self, query: FloatArray, numbers: IntArray) -> FloatArray:
        """Cosines of the query vector with the vectors of these numbers, in their order."""
        vectors: FloatArray = self._vectors.take(numbers, axis=0)
        return vectors @ query


def _read_sketches(folder: Path) -> faiss.IndexPQFastScan:
    return faiss.read_index(str(folder / SKETCHES_FILE), faiss.IO_FLAG_MMAP_IFC)
