"""Qdrant Edge: its own German BM25 as sparse vectors, dense vectors in HNSW, fused by RRF."""

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any

from qdrant_edge import (
    Bm25,
    Bm25Config,
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    Fusion,
    HnswIndexConfig,
    Modifier,
    Point,
    Prefetch,
    Query,
    QueryRequest,
    SearchParams,
    SearchRequest,
    UpdateOperation,
)

from peers.engine import DEPTH, Engine, one_thread
from peers.prepared import FloatArray, Prepared
from search.encoder import Encoder

_EF = 128
_RRF = 60
_BATCH = 500
_INDEX_FROM = 1_000  # kB of vectors: so that small collections have a graph, too


class Qdrant(Engine):
    packages = ("qdrant-edge-py",)
    note = (
        f"Bm25(language='german', avg_len of the corpus) with IDF, HNSW m=16 ef_construct=100 "
        f"ef={_EF}, {DEPTH} candidates a leg, Fusion.Rrf(k={_RRF})"
    )

    def build(self, folder: Path, data: Prepared) -> None:
        shard = EdgeShard.create(_made(folder), _config(data.dimensions))
        points = _points(data)
        while batch := list(islice(points, _BATCH)):
            shard.update(UpdateOperation.upsert_points(batch))
        shard.optimize()
        shard.flush()
        shard.close()

    def open(self, folder: Path, data: Prepared, encoder: Encoder | None) -> None:
        self._bm25 = _bm25()
        self._shard = EdgeShard.load(_made(folder), _config(data.dimensions))

    def search(self, text: str, vector: FloatArray, limit: int = 10) -> Sequence[object]:
        depth = max(DEPTH, limit)
        dense = Query.Nearest(vector.tolist(), using="dense")
        sparse = Query.Nearest(self._bm25.embed_query(text), using="sparse")
        fusion: Any = Fusion.Rrf(k=_RRF)
        request = QueryRequest(
            limit=limit,
            query=fusion,
            prefetches=[
                Prefetch(limit=depth, query=dense, params=SearchParams(hnsw_ef=_EF)),
                Prefetch(limit=depth, query=sparse),
            ],
        )
        return [int(point.id) for point in self._shard.query(request)]

    def near(self, vector: FloatArray, limit: int = 10) -> Sequence[int]:
        query = Query.Nearest(vector.tolist(), using="dense")
        request = SearchRequest(query, limit, params=SearchParams(hnsw_ef=_EF))
        return [int(point.id) for point in self._shard.search(request)]

    def close(self) -> None:
        self._shard.close()


def _bm25(words: float | None = None) -> Bm25:
    """Its documents have so many words on average; questions need not know."""
    return Bm25(Bm25Config(language="german", avg_len=words))


def _config(dimensions: int) -> EdgeConfig:
    return EdgeConfig(
        vectors={"dense": EdgeVectorParams(size=dimensions, distance=Distance.Dot)},
        sparse_vectors={"sparse": EdgeSparseVectorParams(modifier=Modifier.Idf)},
        hnsw_config=HnswIndexConfig(m=16, ef_construct=100, full_scan_threshold=10),
        optimizers=EdgeOptimizersConfig(indexing_threshold=_INDEX_FROM, default_segment_number=1),
        max_search_threads=1 if one_thread() else None,
    )


def _points(data: Prepared) -> Iterator[Point]:
    bm25 = _bm25(fmean(len(text.split()) for text in data.texts))
    for number, (text, vector) in enumerate(zip(data.texts, data.vectors, strict=True)):
        yield Point(number, {"dense": vector.tolist(), "sparse": bm25.embed_document(text)})


def _made(folder: Path) -> str:
    path = folder / "shard"
    os.makedirs(path, exist_ok=True)
    return str(path)
