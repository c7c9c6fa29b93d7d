"""This product. It returns documents with snippets, which its peers would have to make yet."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from peers.engine import Engine
from peers.prepared import FloatArray, Prepared, exact
from search.encoder import Encoded, Encoder
from search.generation import Generation, current_generation, read_manifest
from search.locale_index import LocaleIndex
from search.query import normalise_query
from search.searcher import Searcher

_LOCALE = "de"
_LOOKED_AT = 200  # sketches whose vectors are compared


class Remembered:
    """An encoder that was asked all questions before."""

    def __init__(self, index: Path, known: Mapping[str, Encoded]) -> None:
        name = current_generation(index)
        facts = read_manifest(index / name)["encoder"] if name else None
        if facts is None:
            raise ValueError(f"{index} holds no vectors")
        self.name, self.fingerprint = facts["name"], facts["fingerprint"]
        self.dimensions = facts["dimensions"]
        self.hidden = next(iter(known.values())).words.shape[1]
        self._known = known

    def encode_query(self, text: str) -> Encoded:
        return self._known[text]

    def encode_passages(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[Encoded]]]:
        raise TypeError("Only questions are encoded here.")


class Ours(Engine):
    packages = ("faiss-cpu", "numpy", "onnxruntime", "Whoosh")
    note = (
        "returns documents with title, snippet and correction; ranks by both legs and by late "
        "interaction; the build includes reading the content, snippets' texts and checksums"
    )

    def built_before(self, data: Prepared) -> float | None:
        seconds: float = data.facts["own_build_s"]
        return seconds

    def build(self, folder: Path, data: Prepared) -> None:
        """`corpus.py` built it."""

    def open(self, folder: Path, data: Prepared, encoder: Encoder | None) -> None:
        self._index = data.folder / "data" / "index"
        if encoder is None:
            known = {normalise_query(q.text): Encoded(q.vector, q.states) for q in data.queries}
            encoder = Remembered(self._index, known)
        self._searcher = Searcher.open(self._index, encoder)
        if self._searcher.degraded:
            raise ValueError("the index was made with another encoder")

    def search(self, text: str, vector: FloatArray, limit: int = 10) -> Sequence[object]:
        return self._searcher.search(text, _LOCALE, limit=limit).hits

    def ask(self, text: str, encoder: Encoder, limit: int = 10) -> Sequence[object]:
        return self._searcher.search(text, _LOCALE, limit=limit).hits

    def near(self, vector: FloatArray, limit: int = 10) -> Sequence[int]:
        dense = self._locale().dense
        assert dense is not None
        rows = dense.near(vector, _LOOKED_AT)
        found: list[int] = rows[np.argsort(-dense.cosines(vector, rows))][:limit].tolist()
        return found

    def exact(self, data: Prepared, vector: FloatArray, limit: int = 10) -> Sequence[int]:
        dense = self._locale().dense
        assert dense is not None
        if not hasattr(self, "_every"):
            self._every = np.stack([dense.vector(number) for number in range(dense.size)])
        return exact(self._every, vector, limit)

    def documents(self, data: Prepared, text: str, vector: FloatArray) -> Sequence[str]:
        names = data.facts["names"]
        hits = self._searcher.search(text, _LOCALE, limit=10).hits
        return [names[hit.document.id] for hit in hits]

    def close(self) -> None:
        self._searcher.close()

    def _locale(self) -> LocaleIndex:
        if not hasattr(self, "_generation"):
            self._generation = Generation.open_current(self._index)
        return self._generation.locales[_LOCALE]
