"""A stand-in for the encoder model: fast, deterministic, and near for similar texts."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from search.encoder import FloatArray

_WORD = re.compile(r"\w+")
_BATCH = 16


class FakeEncoder:
    """Words and their three-letter pieces, each a random direction; a text is their sum.

    Texts that share words, or parts of compounds, are near; translations are not.
    """

    def __init__(self, name: str = "fake", dimensions: int = 64) -> None:
        self.name = name
        self.dimensions = dimensions
        self.fingerprint = f"{name}-{dimensions}"
        self.encoded: list[str] = []  # every passage asked for, in order

    def encode_query(self, text: str) -> FloatArray:
        return _unit(sum(_direction(part, self.dimensions) for part in _parts(text)))

    def encode_passages(self, texts: Sequence[str]) -> Iterator[tuple[list[int], FloatArray]]:
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            self.encoded.extend(batch)
            vectors = np.stack([self.encode_query(text) for text in batch])
            yield list(range(start, start + len(batch))), vectors


def _parts(text: str) -> Iterator[str]:
    """A part that is there for every text, the words, and their pieces."""
    yield ""
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        yield word
        padded = f"<{word}>"
        yield from (padded[at : at + 3] for at in range(len(padded) - 2))


@lru_cache(maxsize=1 << 16)
def _direction(part: str, dimensions: int) -> FloatArray:
    seed = int.from_bytes(hashlib.sha256(part.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(dimensions).astype(np.float32)


def _unit(vector: FloatArray | float) -> FloatArray:
    summed = np.asarray(vector, dtype=np.float32)
    unit: FloatArray = (summed / np.linalg.norm(summed)).astype(np.float32)
    return unit
