"""txtai: Embeddings with hybrid=True. Given vectors come through its external transform."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

os.environ["ALLOW_RESOLVE_TRANSFORM"] = "True"
from txtai import Embeddings

from peers.engine import Engine
from peers.prepared import FloatArray, Prepared
from search.encoder import Encoder

_TOKENS: Mapping[str, bool] = {"alphanum": False, "stopwords": False}
_known: dict[str, FloatArray] = {}


def transform(texts: Sequence[str]) -> FloatArray:
    """What txtai calls to embed texts: their vectors are known already."""
    return np.stack([_known[text] for text in texts])


class Txtai(Engine):
    packages = ("txtai", "faiss-cpu", "torch", "transformers")
    note = (
        "hybrid=True, tokens by Unicode word boundaries: it has neither stemming nor stop words "
        "for German; its default Faiss index, from 5,000 vectors on by cells (IVF); vectors given "
        "through `method: external`"
    )
    _faiss: ClassVar[Mapping[str, str]] = {}

    def build(self, folder: Path, data: Prepared) -> None:
        _known.update(zip(data.texts, data.vectors, strict=True))
        embeddings = Embeddings(
            method="external",
            transform=f"{__name__}.transform",
            hybrid=True,
            faiss=self._faiss,
            scoring={"method": "bm25", "terms": True, "normalize": True, "tokenizer": _TOKENS},
        )
        embeddings.index(_documents(data.texts))
        embeddings.save(str(folder / "txtai"))
        embeddings.close()

    def open(self, folder: Path, data: Prepared, encoder: Encoder | None) -> None:
        self._embeddings = Embeddings()
        self._embeddings.load(str(folder / "txtai"))

    def search(self, text: str, vector: FloatArray, limit: int = 10) -> Sequence[object]:
        _known[text] = vector
        found = self._embeddings.search(text, limit)
        del _known[text]
        return [int(number) for number, _ in found]

    def near(self, vector: FloatArray, limit: int = 10) -> Sequence[int]:
        (found,) = self._embeddings.ann.search(vector[None, :], limit)
        return [int(number) for number, _ in found]

    def close(self) -> None:
        self._embeddings.close()


class TxtaiExact(Txtai):
    note = "as txtai, but every vector is compared (components: Flat)"
    _faiss = {"components": "IDMap,Flat"}


def _documents(texts: Sequence[str]) -> Iterable[tuple[int, str, None]]:
    return ((number, text, None) for number, text in enumerate(texts))
