"""Reads what `corpus.py` prepared."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

FACTS, PASSAGES, VECTORS = "facts.json", "passages.jsonl", "vectors.npy"
QUERIES, QUERY_VECTORS, QUERY_STATES = "queries.jsonl", "query-vectors.npy", "query-states.npz"


@dataclass(frozen=True)
class Query:
    text: str
    vector: FloatArray
    states: FloatArray  # of the words, as this product's late interaction needs them
    grades: Mapping[str, float]


@dataclass(frozen=True)
class Prepared:
    """A folder of `corpus.py`. Everything is read when it is asked for first."""

    folder: Path

    @cached_property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / FACTS).read_text(encoding="utf-8"))
        return found

    @cached_property
    def texts(self) -> list[str]:
        return [row["text"] for row in self._rows(PASSAGES)]

    @cached_property
    def document_of(self) -> list[str]:
        """The document of each passage."""
        return [row["document"] for row in self._rows(PASSAGES)]

    @cached_property
    def vectors(self) -> FloatArray:
        found: FloatArray = np.load(self.folder / VECTORS)
        return found

    @property
    def dimensions(self) -> int:
        return len(self.queries[0].vector)

    @cached_property
    def queries(self) -> Sequence[Query]:
        vectors = np.load(self.folder / QUERY_VECTORS)
        stored = np.load(self.folder / QUERY_STATES)
        states = np.split(stored["states"], stored["ends"][:-1])
        rows = self._rows(QUERIES)
        return [
            Query(row["text"], vector, own, row["grades"])
            for row, vector, own in zip(rows, vectors, states, strict=True)
        ]

    @property
    def measured(self) -> Sequence[Query]:
        return self.queries[: self.facts["measured"]]

    @property
    def warming(self) -> Sequence[Query]:
        """Other questions than those that are measured."""
        return self.queries[self.facts["measured"] :]

    def _rows(self, name: str) -> list[dict[str, Any]]:
        with (self.folder / name).open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]


def exact(vectors: FloatArray, query: FloatArray, limit: int) -> list[int]:
    """The numbers of the nearest vectors, by comparing all of them."""
    found: list[int] = np.argsort(-(vectors @ query), kind="stable")[:limit].tolist()
    return found
