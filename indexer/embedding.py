"""Texts to vectors, each text only once ever: what was embedded before comes from the cache."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kb.progress import Progress
from kb.store.build_cache import BuildCache
from search.encoder import Encoder, FloatArray


@dataclass(frozen=True)
class Embedded:
    vectors: FloatArray  # (texts, dimensions)
    made: int  # vectors that were not in the cache


def embed(
    texts: Sequence[str], encoder: Encoder, cache: BuildCache, progress: Progress
) -> Embedded:
    """Vectors of `texts` in their order. Every batch is kept at once, so that an interrupted
    build goes on where it stopped."""
    keys = [_key(encoder, text) for text in texts]
    known = cache.get_many(keys)
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if missing:
        known |= _encode(missing, encoder, cache, progress)
    vectors = np.empty((len(texts), encoder.dimensions), np.float32)
    for place, key in enumerate(keys):
        vectors[place] = np.frombuffer(known[key], np.float32)
    return Embedded(vectors, len(missing))


def _encode(
    missing: dict[str, str], encoder: Encoder, cache: BuildCache, progress: Progress
) -> dict[str, bytes]:
    keys = list(missing)
    made: dict[str, bytes] = {}
    progress.start("Embedding", len(keys))
    for places, vectors in encoder.encode_passages(list(missing.values())):
        batch = {
            keys[place]: vector.astype(np.float32).tobytes()
            for place, vector in zip(places, vectors, strict=True)
        }
        cache.put_many(batch.items())
        made |= batch
        progress.advance(len(batch))
    return made


def _key(encoder: Encoder, text: str) -> str:
    return hashlib.sha256(f"vector\n{encoder.fingerprint}\n{text}".encode()).hexdigest()
