"""Late interaction: every word of a question against every word of a passage.

A passage is as near as the question's words are to the nearest of its own, on average (MaxSim:
Khattab and Zaharia 2020, ColBERT). A single vector blurs what a text says besides; words in their
context do not. The words come with the passage's vector out of the same run of the encoder, and
are kept in two bits a dimension.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kb.errors import DamagedIndex
from search.integers import products
from search.mapped import mapped
from search.ragged import combined, gathered, runs

FloatArray = npt.NDArray[np.float32]
HalfArray = npt.NDArray[np.float16]
CodeArray = npt.NDArray[np.uint8]
IntArray = npt.NDArray[np.int64]
Span = tuple[int, int]  # [start, end) of words

_CODES, _FACTORS, _CENTRE = "word-codes.npy", "word-factors.npy", "word-centre.npy"
_STARTS, _UNITS, _UNIT_STARTS = "word-starts.npy", "unit-words.npy", "unit-starts.npy"

# Four values at equal distances, in standard deviations: for normally distributed numbers nearly
# as good as the best four at any (Max 1960, "Quantizing for minimum distortion": an error of .119
# instead of .118), and whole numbers when counted in half distances. On ten question sets two bits
# rank as well as full precision, one bit costs .005 nDCG@10.
_BOUND = 0.9957
_PER_BYTE = 4
_MORE_WORDS = 500
PACKING = 2  # raise when packed words change their meaning: cached ones are made again
_BATCH = 4096  # words decoded at once when building: 6 MB


@dataclass(frozen=True)
class PackedWords:
    """States of words in two bits a dimension, one row a word."""

    codes: CodeArray  # (words, hidden / 4)
    scales: HalfArray  # (words,), the length of each state over the length of its decoded codes

    def __getitem__(self, rows: slice | IntArray | Sequence[int]) -> "PackedWords":
        return PackedWords(self.codes[rows], self.scales[rows])

    def __len__(self) -> int:
        return len(self.scales)


def packed_size(hidden: int) -> int:
    """Bytes of the codes of one word whose state has this length."""
    return -(-hidden // _PER_BYTE)


def pack(states: FloatArray) -> PackedWords:
    """States of words, (words, hidden), in two bits a dimension.

    Directions of states, whose lengths are kept apart, are about normally distributed. The first
    quarter of the dimensions is in the lowest bits of all bytes, the next one in the bits above.
    """
    words, hidden = states.shape
    lengths = np.linalg.norm(states, axis=1)
    unit = states / np.maximum(lengths, 1e-9)[:, None] * np.float32(np.sqrt(hidden))
    size = packed_size(hidden)
    levels = np.zeros((words, size * _PER_BYTE), np.uint8)
    levels[:, :hidden] = (unit > -_BOUND).astype(np.uint8) + (unit > 0) + (unit > _BOUND)
    codes = np.zeros((words, size), np.uint8)
    for place in range(_PER_BYTE):
        codes |= levels[:, place * size : (place + 1) * size] << (2 * place)
    decoded = np.linalg.norm(_decoded(codes, hidden), axis=1)
    return PackedWords(codes, (lengths / np.maximum(decoded, 1e-9)).astype(np.float16))


def _levels(codes: CodeArray) -> CodeArray:
    """The level of every dimension, 0 to 3, (words, hidden or a little more)."""
    words, size = codes.shape
    levels = np.empty((words, size * _PER_BYTE), np.uint8)
    for place in range(_PER_BYTE):
        np.right_shift(codes, 2 * place, out=levels[:, place * size : (place + 1) * size])
    levels &= 3
    return levels


def _decoded(codes: CodeArray, hidden: int) -> FloatArray:
    """The directions that codes stand for, (words, hidden), not of unit length."""
    levels = _levels(codes)[:, :hidden].astype(np.float32)
    return 2 * levels - 3  # the level c stands for 2c - 3


@dataclass(frozen=True)
class PassageWords:
    """What the index keeps of the words of one passage."""

    words: PackedWords  # in reading order, those of the headings above first
    units: Sequence[Span]  # the words of each unit of the passage


def write_late_index(folder: Path, passages: Sequence[PassageWords], hidden: int) -> None:
    """Write the words of all passages into `folder`. `hidden` is the length of a state."""
    words = [passage.words for passage in passages]
    starts = np.cumsum([0, *map(len, words)], dtype=np.int64)
    codes = np.concatenate(
        [np.zeros((0, packed_size(hidden)), np.uint8), *(w.codes for w in words)]
    )
    scales = np.concatenate([np.zeros(0, np.float16), *(w.scales for w in words)])
    centre = _centre(codes, scales, hidden)
    np.save(folder / _CODES, codes)
    np.save(folder / _FACTORS, _factors(codes, scales, centre))
    np.save(folder / _CENTRE, centre)
    np.save(folder / _STARTS, starts)
    spans = [np.array(p.units, np.int64).reshape(-1, 2) for p in passages]
    np.save(folder / _UNIT_STARTS, np.cumsum([0, *map(len, spans)], dtype=np.int64))
    np.save(folder / _UNITS, np.concatenate([np.zeros((0, 2), np.int64), *spans]))


def _centre(codes: CodeArray, scales: HalfArray, hidden: int) -> FloatArray:
    """The mean state, (hidden,): what all words of this content have in common says nothing.

    Few words have much in common by chance, so states count as near to 0 as if there were more.
    """
    total = np.zeros(hidden, np.float64)
    for batch in _batches(codes):
        total += scales[batch].astype(np.float32) @ _decoded(codes[batch], hidden)
    return (total / (len(codes) + _MORE_WORDS)).astype(np.float32)


def _factors(codes: CodeArray, scales: HalfArray, centre: FloatArray) -> FloatArray:
    """For each word (words, 2): the scale of its decoded codes and the share of the centre that is
    subtracted from them, both over the length of the centred state."""
    factors = np.zeros((len(codes), 2), np.float32)
    for batch in _batches(codes):
        scale = scales[batch].astype(np.float32)
        states = _decoded(codes[batch], len(centre)) * scale[:, None]
        inverse = 1 / np.maximum(np.linalg.norm(states - centre, axis=1), 1e-3)
        factors[batch] = np.stack([scale * inverse, inverse], axis=1)
    return factors


def _batches(codes: CodeArray) -> Iterable[slice]:
    return (slice(start, start + _BATCH) for start in range(0, len(codes), _BATCH))


@dataclass(frozen=True)
class QuestionWords:
    """The words of a question that tell something, as one index sees them."""

    directions: FloatArray  # (words, hidden), unit length, less the index's centre
    weights: FloatArray  # (words,), sum 1: the rarer in the content, the more
    whole: FloatArray  # (hidden,), unit length: the mean of these words
    information: float  # of all words together, in words that are the rarest possible


class LateIndex:
    """Read access to the words of all passages. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """Raises DamagedIndex when the files do not fit together."""
        try:
            self._codes: CodeArray = mapped(folder / _CODES)
            self._factors: FloatArray = mapped(folder / _FACTORS)
            self._centre: FloatArray = np.load(folder / _CENTRE)
            self._starts: IntArray = mapped(folder / _STARTS)
            self._units: IntArray = mapped(folder / _UNITS)
            self._unit_starts: IntArray = mapped(folder / _UNIT_STARTS)
        except (OSError, ValueError, EOFError) as error:
            raise DamagedIndex(f"{folder}: the words cannot be read.", folder) from error
        if not self._fits_together():
            raise DamagedIndex(f"{folder}: the words do not fit together.", folder)

    def _fits_together(self) -> bool:
        texts = len(self._starts)
        return (
            0 < texts == len(self._unit_starts)
            and len(self._codes) == len(self._factors) == self._starts[-1]
            and len(self._units) == self._unit_starts[-1]
            and self._codes.shape[1:] == (packed_size(len(self._centre)),)
        )

    def question(self, states: FloatArray, weights: FloatArray) -> QuestionWords:
        """A question's words, (words, hidden), by their weights, (words,); those of 0 are left out.

        A weight of 1 is that of the rarest word. Where all are 0, all words count alike.
        """
        told = weights > 0 if weights.any() else np.ones(len(weights), np.bool_)
        weighed = weights[told] if weights.any() else np.ones(len(weights), np.float32)
        return QuestionWords(
            directions=_unit(states[told] - self._centre),
            weights=(weighed / max(float(weighed.sum()), 1e-9)).astype(np.float32),
            whole=_unit(states[told].sum(axis=0) / max(1, told.sum()) - self._centre),
            information=float(weights.sum()),
        )

    def similarities(self, question: QuestionWords, passages: IntArray) -> FloatArray:
        """MaxSim of a question with each of these passages, (passages,), -1..1.

        For each word of the question the cosine of the nearest word of the passage, averaged by
        weight; 0 for a passage without words.
        """
        rows, owner = gathered(self._starts, passages)
        similarities = np.zeros(len(passages), np.float32)
        if len(rows):
            starts = runs(owner)
            cosines = self._cosines(question.directions, rows)
            nearest = np.maximum.reduceat(cosines, starts, axis=1)
            similarities[owner[starts]] = question.weights @ nearest
        return similarities

    def unit_similarities(self, question: QuestionWords, passages: IntArray) -> FloatArray:
        """How near each unit of these passages is, (units, 2): MaxSim of its words and of the
        headings above it, and the cosine of the means of all words.

        Headings say what a sentence is about without repeating it.
        """
        rows, owner = gathered(self._starts, passages)
        numbers, passage = gathered(self._unit_starts, passages)
        starts = np.searchsorted(owner, np.arange(len(passages)))
        left, right = (self._units[numbers] + starts[passage][:, None]).T
        found = np.zeros((len(numbers), 2), np.float32)
        filled = np.flatnonzero(left < right)
        if not len(filled):
            return found
        left, right, passage = left[filled], right[filled], passage[filled]
        cosines = self._cosines(question.directions, rows)
        below = np.full(len(passages), len(rows))  # where the first unit of each passage begins
        np.minimum.at(below, passage, left)
        own = combined(np.maximum, cosines.T, left, right)
        headed = starts < below
        heading = np.full((len(passages), len(question.weights)), -1, np.float32)
        if headed.any():
            heading[headed] = combined(np.maximum, cosines.T, starts[headed], below[headed])
        found[filled, 0] = np.maximum(own, heading[passage]) @ question.weights
        means = _unit(combined(np.add, self._states(rows), left, right))
        found[filled, 1] = means @ question.whole
        return found

    def _cosines(self, directions: FloatArray, rows: IntArray) -> FloatArray:
        """Cosines of directions with the centred states of these words, (directions, rows).

        The centre is subtracted from the products instead of the states, which are many.
        """
        scale, share = self._factors[rows].T
        cosines = _products(directions, self._codes[rows])
        cosines *= scale
        cosines -= np.multiply.outer(directions @ self._centre, share)
        return cosines

    def _states(self, rows: IntArray) -> FloatArray:
        """Centred states of these words, (rows, hidden)."""
        scale, share = self._factors[rows].T[:, :, None]
        states: FloatArray = (_decoded(self._codes[rows], len(self._centre)) * scale) / share
        return states - self._centre


def _products(directions: FloatArray, codes: CodeArray) -> FloatArray:
    """Inner products of directions, (directions, hidden), with decoded codes, (words, hidden / 4).

    In whole numbers, directions rounded to eight bits: what a level stands for is a whole number,
    too.
    """
    step = np.abs(directions).max(axis=1, initial=1e-9, keepdims=True) / np.float32(127)
    columns = np.zeros((codes.shape[1] * _PER_BYTE, len(directions)), np.int8)
    columns[: directions.shape[1]] = np.rint(directions / step).T
    found = np.ascontiguousarray(products(_levels(codes), columns).T, np.float32)
    found *= 2 * step
    found -= 3 * step * columns.sum(axis=0, dtype=np.float32)[:, None]
    return found


def _unit(vectors: FloatArray) -> FloatArray:
    """Vectors in their last dimension, each of unit length."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: FloatArray = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return unit
