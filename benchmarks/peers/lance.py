"""LanceDB: a table with a German full-text index, hybrid search with its RRF reranker."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("LANCE_LOG", "error")  # a warning for each question otherwise
import lancedb
import numpy as np
import pyarrow as pa
from lancedb.index import FTS, HnswSq
from lancedb.query import MatchQuery
from lancedb.rerankers import RRFReranker

from peers.engine import Engine
from peers.prepared import FloatArray, Prepared
from search.encoder import Encoder

_TABLE = "passages"
_match: Any = MatchQuery  # its stubs take defaults for needed
_EF = 100  # candidates of the graph


class LanceExact(Engine):
    packages = ("lancedb", "pyarrow")
    note = "no vector index: every vector is compared; FTS(language='German'); RRFReranker"
    _by_graph = False

    def build(self, folder: Path, data: Prepared) -> None:
        table = lancedb.connect(folder).create_table(_TABLE, _table(data))
        table.create_index("text", config=FTS(language="German"))
        if self._by_graph:
            table.create_index("vector", config=HnswSq(distance_type="cosine", num_partitions=1))
        table.optimize()

    def open(self, folder: Path, data: Prepared, encoder: Encoder | None) -> None:
        self._rows = lancedb.connect(folder).open_table(_TABLE)
        self._reranker = RRFReranker()

    def search(self, text: str, vector: FloatArray, limit: int = 10) -> Sequence[object]:
        query: Any = self._rows.search(query_type="hybrid").vector(vector)
        query = query.text(_match(text, "text")).distance_type("cosine")
        found = self._tuned(query).rerank(self._reranker).select(["id"]).limit(limit).to_arrow()
        return list(found["id"].to_pylist())

    def near(self, vector: FloatArray, limit: int = 10) -> Sequence[int]:
        query: Any = self._rows.search(vector)
        found = self._tuned(query.distance_type("cosine")).select(["id"]).limit(limit).to_arrow()
        return list(found["id"].to_pylist())

    def _tuned(self, query: Any) -> Any:
        return query.ef(_EF).refine_factor(2) if self._by_graph else query


class LanceGraph(LanceExact):
    note = (
        f"HnswSq(cosine, one partition), ef={_EF}, refine_factor=2; FTS(language='German'); "
        "RRFReranker"
    )
    _by_graph = True


def _table(data: Prepared) -> pa.Table:
    vectors = np.ascontiguousarray(data.vectors)
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1])
    ids = pa.array(range(len(vectors)), pa.int64())
    return pa.table({"id": ids, "text": data.texts, "vector": column})
