"""Texts to vectors, each text only once ever: what was embedded before comes from the cache."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kb.progress import Progress
from kb.store.build_cache import BuildCache
from search.encoder import Encoded, Encoder, FloatArray
from search.late_interaction import PACKING, PackedWords, pack, packed_size


@dataclass(frozen=True)
class Embedded:
    vectors: FloatArray  # (texts, dimensions)
    words: list[PackedWords]  # of each text
    made: int  # texts that were not in the cache


def embed(
    texts: Sequence[str], encoder: Encoder, cache: BuildCache, progress: Progress
) -> Embedded:
    """Vectors and words of `texts` in their order. Every batch is kept at once, so that an
    interrupted build goes on where it stopped."""
    keys = [_key(encoder, text) for text in texts]
    known = cache.get_many(keys)
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if missing:
        known |= _encode(missing, encoder, cache, progress)
    vectors = np.empty((len(texts), encoder.dimensions), np.float32)
    words = []
    for place, key in enumerate(keys):
        vectors[place], packed = _read(known[key], encoder)
        words.append(packed)
    return Embedded(vectors, words, len(missing))


def keep(texts: Sequence[str], encoder: Encoder, cache: BuildCache) -> None:
    """Let the cache not forget these texts, whose vectors are not needed now."""
    cache.keep(_key(encoder, text) for text in texts)


class Remembering:
    """An encoder that has encoded these questions before: what it makes of them is in the cache.

    For the judgments, which are asked at every build.
    """

    def __init__(self, encoder: Encoder, questions: Sequence[str], cache: BuildCache) -> None:
        self.name, self.fingerprint = encoder.name, encoder.fingerprint
        self.dimensions, self.hidden = encoder.dimensions, encoder.hidden
        self.encode_passages = encoder.encode_passages
        self._encoder = encoder
        keys = {text: self._key(text) for text in questions}
        known = cache.get_many(list(keys.values()))
        made = {keys[text]: self._made(text) for text in questions if keys[text] not in known}
        cache.put_many(made.items())
        self._known = {text: (known | made)[key] for text, key in keys.items()}

    def encode_query(self, text: str) -> Encoded:
        if text not in self._known:
            return self._encoder.encode_query(text)
        values = np.frombuffer(self._known[text], np.float32)
        vector, states = np.split(values, [self.dimensions])
        return Encoded(vector, states.reshape(-1, self.hidden))

    def _made(self, text: str) -> bytes:
        encoded = self._encoder.encode_query(text)
        return encoded.vector.tobytes() + encoded.words.tobytes()

    def _key(self, text: str) -> str:
        return hashlib.sha256(f"question\n{self.fingerprint}\n{text}".encode()).hexdigest()


def _encode(
    missing: dict[str, str], encoder: Encoder, cache: BuildCache, progress: Progress
) -> dict[str, bytes]:
    keys = list(missing)
    made: dict[str, bytes] = {}
    progress.start("Embedding", len(keys))
    for places, encoded in encoder.encode_passages(list(missing.values())):
        batch = {keys[place]: _written(text) for place, text in zip(places, encoded, strict=True)}
        cache.put_many(batch.items())
        made |= batch
        progress.advance(len(batch))
    return made


def _written(encoded: Encoded) -> bytes:
    """Vector, scales and codes, one after the other; `_read` knows their sizes."""
    words = pack(encoded.words)
    vector = encoded.vector.astype(np.float32)
    return vector.tobytes() + words.scales.tobytes() + words.codes.tobytes()


def _read(entry: bytes, encoder: Encoder) -> tuple[FloatArray, PackedWords]:
    vector = np.frombuffer(entry, np.float32, encoder.dimensions)
    row = packed_size(encoder.hidden)
    words = (len(entry) - vector.nbytes) // (row + np.dtype(np.float16).itemsize)
    scales = np.frombuffer(entry, np.float16, words, vector.nbytes)
    codes = np.frombuffer(entry, np.uint8, words * row, vector.nbytes + scales.nbytes)
    return vector, PackedWords(codes.reshape(words, row), scales)


def _key(encoder: Encoder, text: str) -> str:
    return hashlib.sha256(f"encoded {PACKING}\n{encoder.fingerprint}\n{text}".encode()).hexdigest()
