"""The keyword index: Whoosh builds and scores the postings, a compiled matrix answers queries.

Whoosh's scorer walks postings in Python (7 ms a query at 5,000 passages, 49 ms at the 95th
percentile at 30,000). BM25F scores depend only on term and passage, so they are computed once, when
a generation is built, and stored as one row of (passage, score) a term: a query adds up a few rows.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.fields import TEXT, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.reading import IndexReader
from whoosh.scoring import BM25F
from whoosh.searching import Searcher as WhooshSearcher

from kb.errors import DamagedIndex
from search.lexicon import Lexicon, write_lexicon
from search.mapped import mapped

FloatArray = npt.NDArray[np.float32]
DoubleArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]
Row = tuple[IntArray, FloatArray]  # passages, ascending, and a score for each

# What a term found in a field is worth. Tuned on the public sets and the example judgments; the
# curve is flat around these values.
FIELD_BOOSTS: Mapping[str, float] = {
    "title": 1.0,
    "questions": 0.8,
    "headings": 0.6,
    "body": 1.0,
    "parts": 0.35,  # parts of compounds: `rechnung` in `rechnungsadresse`
}
WHOOSH_FOLDER = "whoosh"
_TERMS, _STARTS, _PASSAGES, _SCORES = "terms", "starts.npy", "passages.npy", "scores.npy"
_MEMORY_MB = 256  # Whoosh spills its posting pool to disk above this
_EMPTY: Row = (np.empty(0, np.int32), np.empty(0, np.float32))


@dataclass(frozen=True, slots=True)
class KeywordFields:
    """The terms of one passage, already analysed, by field."""

    title: Sequence[str]
    questions: Sequence[str]
    headings: Sequence[str]
    body: Sequence[str]
    parts: Sequence[str]


def weighting() -> BM25F:
    """The formula whose scores the matrix stores: Whoosh's BM25F with its own defaults."""
    return BM25F(B=0.75, K1=1.2)


def build_keyword_index(folder: Path, passages: Iterable[KeywordFields]) -> None:
    """Write Whoosh's index of the passages and the matrix compiled from it into `folder`.

    Passages are numbered from 0 in the order given.
    """
    store = folder / WHOOSH_FOLDER
    store.mkdir(parents=True)
    schema = Schema(
        **{name: TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False) for name in FIELD_BOOSTS}
    )
    index = FileStorage(str(store)).create_index(schema)
    writer = index.writer(limitmb=_MEMORY_MB)
    postings = _Postings()
    for number, passage in enumerate(passages):
        terms = {name: getattr(passage, name) for name in FIELD_BOOSTS}
        writer.add_document(**{name: " ".join(own) for name, own in terms.items()})
        postings.add(number, terms)
    writer.commit(optimize=True)
    with index.searcher(weighting=weighting()) as searcher:
        _compile(searcher, postings, folder)
    index.close()


class _Postings:
    """How often each term is in each field of each passage, counted on the way into Whoosh.

    Reading the same from its files takes ten times as long.
    """

    def __init__(self) -> None:
        self.terms: dict[str, int] = {}
        # One entry for each term, field and passage, by field and passage ascending.
        self._columns = {name: (array("i"), array("i"), array("i")) for name in FIELD_BOOSTS}

    def add(self, passage: int, terms: Mapping[str, Sequence[str]]) -> None:
        for field, own in terms.items():
            numbers, passages, counts = self._columns[field]
            for term, count in Counter(own).items():
                numbers.append(self.terms.setdefault(term, len(self.terms)))
                passages.append(passage)
                counts.append(count)

    def of(self, field: str) -> tuple[IntArray, IntArray, IntArray]:
        """Numbers of terms, passages and counts, passages ascending."""
        numbers, passages, counts = (np.frombuffer(c, np.int32) for c in self._columns[field])
        return numbers, passages, counts


def _compile(searcher: WhooshSearcher, postings: _Postings, folder: Path) -> None:
    """Store the score of every (term, passage) pair, summed over the fields by their boosts."""
    words = sorted(postings.terms, key=str.encode)
    place = np.empty(len(words), np.int64)  # of each term in the order of their bytes
    place[[postings.terms[word] for word in words]] = np.arange(len(words))
    scored = [_scored(searcher, postings, field) for field in FIELD_BOOSTS]
    terms = np.concatenate([place[numbers] for numbers, _, _ in scored])
    passages = np.concatenate([passages for _, passages, _ in scored])
    order = np.lexsort((passages, terms))
    terms, passages = terms[order], passages[order]
    scores = np.concatenate([scores for _, _, scores in scored])[order]
    # The same passage may have a term in several fields.
    first = np.ones(len(terms), np.bool_)
    first[1:] = (terms[1:] != terms[:-1]) | (passages[1:] != passages[:-1])
    starts = np.flatnonzero(first)
    write_lexicon(folder, _TERMS, words)
    np.save(folder / _STARTS, np.searchsorted(terms[starts], np.arange(len(words) + 1)))
    np.save(folder / _PASSAGES, passages[starts])
    summed = np.add.reduceat(scores, starts) if len(starts) else scores
    np.save(folder / _SCORES, summed.astype(np.float32))


def _scored(
    searcher: WhooshSearcher, postings: _Postings, field: str
) -> tuple[IntArray, IntArray, DoubleArray]:
    """The terms of a field, their passages, and the boosted BM25F score of each pair."""
    reader: IndexReader = searcher.reader()
    numbers, passages, counts = postings.of(field)
    count = reader.doc_count_all()
    # Whoosh keeps lengths in one byte, so they are about right; scores are to be the same.
    lengths = np.fromiter((reader.doc_field_length(n, field, 1) for n in range(count)), np.float64)
    relative = lengths[passages] / (searcher.avg_field_length(field) or 1)
    frequency = np.bincount(numbers, minlength=len(postings.terms))
    idf = np.log(count / (frequency[numbers] + 1)) + 1  # as `whoosh.scoring.WeightingModel.idf`
    formula = weighting()
    scores = _bm25(idf, counts.astype(np.float64), relative, formula.B, formula.K1)
    return numbers, passages, scores * FIELD_BOOSTS[field]


def _bm25(
    idf: DoubleArray, frequency: DoubleArray, length: DoubleArray, b: float, k: float
) -> DoubleArray:
    """BM25 as `whoosh.scoring.bm25` writes it; `length` is relative to the average length."""
    return idf * ((frequency * (k + 1)) / (frequency + k * ((1 - b) + b * length)))


def _merge(rows: Sequence[Row], combine: np.ufunc) -> Row:
    """Several rows as one, passages ascending; scores of the same passage are combined."""
    if len(rows) == 1:
        return rows[0]
    passages = np.concatenate([p for p, _ in rows])
    order = np.argsort(passages, kind="stable")
    passages, scores = passages[order], np.concatenate([s for _, s in rows])[order]
    starts = np.flatnonzero(np.diff(passages, prepend=-1))
    return passages[starts], combine.reduceat(scores, starts)


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to find what a word of the query means: all these terms, at this weight."""

    terms: tuple[str, ...]
    weight: float


class KeywordIndex:
    """Read access to a compiled matrix. Safe to share between threads."""

    def __init__(self, folder: Path, passages: int) -> None:
        """Raises DamagedIndex when the files do not fit together."""
        try:
            self.terms = Lexicon(folder, _TERMS)
            self._starts: npt.NDArray[np.int64] = mapped(folder / _STARTS)
            self._passages: IntArray = mapped(folder / _PASSAGES)
            self._scores: FloatArray = mapped(folder / _SCORES)
        except (OSError, ValueError) as error:
            raise DamagedIndex(f"{folder}: the keyword index cannot be read.", folder) from error
        if len(self._starts) != len(self.terms) + 1 or self._starts[-1] != len(self._scores):
            raise DamagedIndex(f"{folder}: the keyword index does not fit together.", folder)
        self.passages = passages

    def row(self, term: str) -> Row:
        """Passages with this term, ascending, and their scores; both empty for an unknown one."""
        number = self.terms.find(term)
        if number is None:
            return _EMPTY
        part = slice(int(self._starts[number]), int(self._starts[number + 1]))
        return self._passages[part], self._scores[part]

    def match(self, alternatives: Sequence[Alternative]) -> Row:
        """Passages where one of the alternatives is found, ascending, each at its best score."""
        rows = [row for a in alternatives if len((row := self._row_of(a))[0])]
        if not rows:
            return _EMPTY
        return rows[0] if len(rows) == 1 else _merge(rows, np.maximum)

    def _row_of(self, alternative: Alternative) -> Row:
        """All terms of the alternative must be in a passage; the weakest of them counts."""
        passages, scores = self.row(alternative.terms[0])
        for term in alternative.terms[1:]:
            others, other_scores = self.row(term)
            passages, here, there = np.intersect1d(
                passages, others, assume_unique=True, return_indices=True
            )
            scores = np.minimum(scores[here], other_scores[there])
        return passages, scores * np.float32(alternative.weight)
