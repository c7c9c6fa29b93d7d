"""A stand-in for the encoder model: fast, deterministic, and near for similar texts."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from search.encoder import Encoded, FloatArray

_WORD = re.compile(r"\w+")
_BATCH = 16


class FakeEncoder:
    """Words and their three-letter pieces, each a random direction; a text is their sum.

    Texts that share words, or parts of compounds, are near; translations are not.
    """

    def __init__(self, name: str = "fake", dimensions: int = 64) -> None:
        self.name = name
        self.dimensions = dimensions
        self.hidden = dimensions
        self.fingerprint = f"{name}-{dimensions}"
        self.encoded: list[str] = []  # every passage asked for, in order

    def encode_query(self, text: str) -> Encoded:
        return self._encode(text)

    def encode_passages(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[Encoded]]]:
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            self.encoded.extend(batch)
            yield list(range(start, start + len(batch))), [self._encode(text) for text in batch]

    def _encode(self, text: str) -> Encoded:
        words = [self._sum(word) for word in text.split()]
        states = np.stack(words) if words else np.zeros((0, self.hidden), np.float32)
        return Encoded(_unit(self._sum(text)), states)

    def _sum(self, text: str) -> FloatArray:
        parts = [_direction(part, self.dimensions) for part in _parts(text)]
        summed: FloatArray = np.sum(parts, axis=0, dtype=np.float32)
        return summed


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


def _unit(vector: FloatArray) -> FloatArray:
    unit: FloatArray = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit
