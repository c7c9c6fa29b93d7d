"""One module for each engine, all with the interface of `engine.Engine`."""

from collections.abc import Mapping

# In the order they are measured and shown; the first one is what the others are compared with.
ENGINES: Mapping[str, str] = {
    "lotse": "ours.Ours",
    "lancedb-exact": "lance.LanceExact",
    "lancedb-hnsw": "lance.LanceGraph",
    "txtai": "txtai_hybrid.Txtai",
    "txtai-exact": "txtai_hybrid.TxtaiExact",
    "qdrant-edge": "qdrant.Qdrant",
    "postgres": "postgres.Postgres",
    "postgres-and": "postgres.PostgresEveryWord",
    "tantivy": "tantivy_lexical.Tantivy",
    "bm25s": "bm25s_lexical.Bm25sNumpy",
    "bm25s-numba": "bm25s_lexical.Bm25sNumba",
}
