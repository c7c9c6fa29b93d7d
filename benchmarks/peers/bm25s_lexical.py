"""bm25s: words alone, with PyStemmer's German stemmer, in numpy or compiled by numba."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import bm25s
import Stemmer

from peers.engine import Engine
from peers.prepared import FloatArray, Prepared
from search.encoder import Encoder


class Bm25sNumpy(Engine):
    packages: ClassVar[tuple[str, ...]] = ("bm25s", "PyStemmer")
    dense = False
    note = "backend='numpy', stopwords='de', German stemmer; words alone"
    _backend = "numpy"

    def build(self, folder: Path, data: Prepared) -> None:
        retriever = bm25s.BM25(backend=self._backend)
        retriever.index(_tokens(data.texts), show_progress=False)
        retriever.save(folder / "bm25s")

    def open(self, folder: Path, data: Prepared, encoder: Encoder | None) -> None:
        self._stemmer = Stemmer.Stemmer("german")
        self._retriever = bm25s.BM25.load(folder / "bm25s", mmap=False)
        self._retriever.backend = self._backend
        if self._backend == "numba":
            self._retriever.activate_numba_scorer()

    def search(self, text: str, vector: FloatArray, limit: int = 10) -> Sequence[object]:
        tokens = bm25s.tokenize(
            [text],
            stopwords="de",
            stemmer=self._stemmer,
            return_ids=False,
            show_progress=False,
        )
        limit = min(limit, self._retriever.scores["num_docs"])
        found = self._retriever.retrieve(tokens, k=limit, show_progress=False, n_threads=0)
        return list(found.documents[0].tolist())


class Bm25sNumba(Bm25sNumpy):
    packages = ("bm25s", "PyStemmer", "numba")
    note = "backend='numba', stopwords='de', German stemmer; words alone"
    _backend = "numba"


def _tokens(texts: Sequence[str]) -> bm25s.tokenization.Tokenized:
    stemmer = Stemmer.Stemmer("german")
    return bm25s.tokenize(list(texts), stopwords="de", stemmer=stemmer, show_progress=False)
