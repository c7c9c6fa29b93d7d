"""The keyword index: Whoosh builds and scores the postings, a compiled matrix answers queries.

Whoosh's scorer walks postings in Python (7 ms a query at 5,000 passages, 49 ms at the 95th
percentile at 30,000). BM25F scores depend only on term and passage, so they are computed once, when
a generation is built, and stored as one row of (passage, score) a term: a query adds up a few rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.fields import TEXT, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.reading import IndexReader, TermNotFound
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
    for passage in passages:
        writer.add_document(**{name: " ".join(getattr(passage, name)) for name in FIELD_BOOSTS})
    writer.commit(optimize=True)
    with index.searcher(weighting=weighting()) as searcher:
        _compile(searcher, folder)
    index.close()


def _compile(searcher: WhooshSearcher, folder: Path) -> None:
    """Store the score of every (term, passage) pair, summed over the fields by their boosts."""
    rows: dict[bytes, list[Row]] = {}
    for field in FIELD_BOOSTS:
        for term, passages, scores in _field_rows(searcher, field):
            rows.setdefault(term, []).append((passages, scores))
    terms = sorted(rows)
    merged = [_merge(rows[term], np.add) for term in terms]
    write_lexicon(folder, _TERMS, [term.decode() for term in terms])
    sizes = [0, *(len(passages) for passages, _ in merged)]
    np.save(folder / _STARTS, np.cumsum(sizes, dtype=np.int64))
    np.save(folder / _PASSAGES, np.concatenate([_EMPTY[0], *(p for p, _ in merged)]))
    np.save(folder / _SCORES, np.concatenate([_EMPTY[1], *(s for _, s in merged)]))


def _field_rows(
    searcher: WhooshSearcher, field: str
) -> Iterator[tuple[bytes, IntArray, FloatArray]]:
    """Every term of a field with its passages and their boosted BM25F scores."""
    reader: IndexReader = searcher.reader()
    average = searcher.avg_field_length(field)
    count = reader.doc_count_all()
    lengths = np.fromiter((reader.doc_field_length(n, field, 1) for n in range(count)), np.float64)
    formula = weighting()
    for term in list(reader.lexicon(field)):
        try:
            matcher = reader.postings(field, term)
        except TermNotFound:
            continue
        found: list[int] = []
        weights: list[float] = []
        while matcher.is_active():
            found.append(matcher.id())
            weights.append(matcher.weight())
            matcher.next()
        passages, frequency = np.array(found, np.int32), np.array(weights)
        idf = searcher.idf(field, term)
        scores = _bm25(idf, frequency, lengths[passages] / (average or 1), formula.B, formula.K1)
        yield term, passages, (scores * FIELD_BOOSTS[field]).astype(np.float32)


def _bm25(
    idf: float, frequency: DoubleArray, length: DoubleArray, b: float, k: float
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
