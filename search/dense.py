"""The vector index: FAISS over unit vectors, inner product = cosine similarity."""

from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from kb.errors import DamagedIndex, StoreError

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

VECTORS_FILE = "vectors.faiss"

# An exact scan of 30,000 vectors of 384 dimensions costs about a millisecond, and default
# approximate indexes lost 11-43 % of the exact top ten at that size. Above this many passages the
# graph takes over.
EXACT_UP_TO = 50_000
# Neighbours a node, effort when building and when searching.
_HNSW_LINKS, _HNSW_BUILD, _HNSW_SEARCH = 32, 200, 256


def build_dense_index(folder: Path, vectors: FloatArray, exact_up_to: int = EXACT_UP_TO) -> None:
    """Write the index of `vectors`, (passages, dimensions), float32, unit length, into `folder`.

    Raises StoreError when it cannot be written.
    """
    dimensions = vectors.shape[1]
    exact = len(vectors) <= exact_up_to
    index = faiss.IndexFlatIP(dimensions) if exact else _graph(dimensions)
    if len(vectors):
        index.add(np.ascontiguousarray(vectors))
    try:
        faiss.write_index(index, str(folder / VECTORS_FILE))
    except RuntimeError as error:
        raise StoreError(folder / VECTORS_FILE, error) from error


def _graph(dimensions: int) -> faiss.Index:
    graph: faiss.Index = faiss.IndexHNSWFlat(dimensions, _HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = _HNSW_BUILD
    graph.hnsw.efSearch = _HNSW_SEARCH
    return graph


class DenseIndex:
    """Read access to a vector index. Open it after a fork; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """Raises DamagedIndex when the file is no index."""
        # FAISS hangs in a forked child when its thread pool ran in the parent, and its pool
        # competes with the encoder's: one thread does an exact scan fast enough.
        faiss.omp_set_num_threads(1)
        path = folder / VECTORS_FILE
        try:
            self._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise DamagedIndex(f"{path}: the vector index cannot be read.", path) from error

    @property
    def vectors(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimensions(self) -> int:
        return int(self._index.d)

    def nearest(
        self, query: FloatArray, limit: int, allowed: npt.NDArray[np.bool_] | None = None
    ) -> tuple[IntArray, FloatArray]:
        """The `limit` vectors nearest to a query (dimensions,): their numbers and cosines.

        `allowed`, (vectors,), restricts the search to those it marks.
        """
        if not self.vectors:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        parameters = self._restricted_to(allowed) if allowed is not None else None
        cosines, found = self._index.search(
            query[None, :], min(limit, self.vectors), params=parameters
        )
        real = found[0] >= 0
        return found[0][real], cosines[0][real]

    def _restricted_to(self, allowed: npt.NDArray[np.bool_]) -> faiss.SearchParameters:
        selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        if isinstance(self._index, faiss.IndexHNSW):
            return faiss.SearchParametersHNSW(sel=selector, efSearch=_HNSW_SEARCH)
        return faiss.SearchParameters(sel=selector)

    def vector(self, number: int) -> FloatArray:
        """The vector of this number, (dimensions,)."""
        found: FloatArray = self._index.reconstruct(number)
        return found

    def cosines(self, query: FloatArray, numbers: IntArray) -> FloatArray:
        """Cosines of the query vector with the vectors of these numbers, in their order."""
        if not len(numbers):
            return np.empty(0, np.float32)
        vectors: FloatArray = self._index.reconstruct_batch(numbers)
        return vectors @ query
