"""Everything that is searched for one language: vectors, keywords, words.

Passages and documents are numbered from 0 within the language; the library numbers them from
`first_passage` and `first_document` on.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kb.documents import Document, Passage
from kb.errors import DamagedIndex
from search.analysis import Analyzer, Token, analyzer, tokens
from search.compounds import Decompounder
from search.dense import DenseIndex, FloatArray, build_dense_index
from search.keyword import KeywordFields, KeywordIndex, build_keyword_index
from search.suggestions import Suggestions, write_suggestions
from search.units import Unit, units
from search.vocabulary import Vocabulary, write_vocabulary

IntArray = npt.NDArray[np.int32]

_SHAPE = "shape.json"
_UNITS, _UNIT_START = "units.npy", "unit-start.npy"
_PASSAGE_DOCUMENT, _EXTRA_DOCUMENT = "passage-document.npy", "extra-document.npy"

_NEIGHBOUR_ROWS = 100  # vectors looked at for the documents related to one

# Languages whose compounds are written in one word, and split by these rules.
_COMPOUNDING = frozenset({"de"})


@dataclass(frozen=True)
class LocaleContent:
    """What goes into the index of one language. Made by the indexer."""

    locale: str
    first_document: int
    first_passage: int
    documents: Sequence[Document]
    passages: Sequence[Passage]  # in the order of their documents
    extra_document: Sequence[int]  # for each vector behind the passages': its document, from 0 on
    vectors: FloatArray | None  # (passages + extras, dimensions), None without an encoder
    unit_vectors: FloatArray | None = None  # (units of all passages, dimensions)


def text_to_embed(passage: Passage) -> str:
    """What the encoder reads of a passage: its place in the document, then its text."""
    return f"{passage.context}\n{passage.text}"


def units_by_passage(passages: Sequence[Passage], locale: str) -> list[list[Unit]]:
    """The units of every passage; those of one document must follow each other."""
    found: list[list[Unit]] = []
    for _, run in groupby(passages, key=lambda passage: passage.document):
        own = list(run)
        found += [list(units(passage, own, locale)) for passage in own]
    return found


def build_locale_index(folder: Path, content: LocaleContent) -> None:
    """Write the index of one language into `folder`, which must not exist."""
    folder.mkdir(parents=True)
    shape = {
        "locale": content.locale,
        "first_document": content.first_document,
        "first_passage": content.first_passage,
        "documents": len(content.documents),
        "passages": len(content.passages),
        "dense": content.vectors is not None,
    }
    (folder / _SHAPE).write_text(json.dumps(shape))
    owners = [passage.document - content.first_document for passage in content.passages]
    np.save(folder / _PASSAGE_DOCUMENT, np.array(owners, np.int32))
    np.save(folder / _EXTRA_DOCUMENT, np.array(content.extra_document, np.int32))
    write_suggestions(folder, content.documents)
    write_vocabulary(folder, _texts(content), analyzer(content.locale).term)
    build_keyword_index(folder, _fields(content, Vocabulary(folder)))
    if content.vectors is not None:
        build_dense_index(folder, content.vectors)
    if content.unit_vectors is not None:
        counts = map(len, units_by_passage(content.passages, content.locale))
        np.save(folder / _UNIT_START, np.cumsum([0, *counts], dtype=np.int64))
        # Half precision moves a cosine by less than .001 and halves the file.
        np.save(folder / _UNITS, content.unit_vectors.astype(np.float16))


def _texts(content: LocaleContent) -> Iterator[tuple[str, Iterator[Token]]]:
    for document in content.documents:
        for text in (document.title, *document.questions):
            yield text, tokens(text)
    for passage in content.passages:
        for text in (passage.heading, passage.text):
            yield text, tokens(text)


def _fields(content: LocaleContent, vocabulary: Vocabulary) -> Iterator[KeywordFields]:
    analysis = analyzer(content.locale)
    split = decompounder(content.locale, vocabulary)
    for passage in content.passages:
        document = content.documents[passage.document - content.first_document]
        headings = passage.context.removeprefix(document.title)
        body = list(tokens(passage.text))
        whole = (document.title, headings, " ".join(document.questions))
        parts = [token for text in whole for token in tokens(text)] + body
        yield KeywordFields(
            title=_terms(analysis, tokens(document.title)),
            questions=[t for q in document.questions for t in _terms(analysis, tokens(q))],
            headings=_terms(analysis, tokens(headings)),
            body=_terms(analysis, body),
            parts=[analysis.term(part) for token in parts for part in parts_of(token, split)],
        )


def _terms(analysis: Analyzer, found: Iterable[Token]) -> list[str]:
    return [analysis.term(token.word) for token in analysis.telling(found)]


def decompounder(locale: str, vocabulary: Vocabulary) -> Decompounder | None:
    if locale.split("-")[0] not in _COMPOUNDING:
        return None
    analysis = analyzer(locale)

    def frequency(word: str) -> int:
        return 0 if analysis.is_stop(word) else vocabulary.frequency(word)

    def inflected(word: str) -> int:
        return 0 if analysis.is_stop(word) else vocabulary.stem_frequency(analysis.term(word))

    return Decompounder(frequency, inflected)


def parts_of(token: Token, split: Decompounder | None) -> tuple[str, ...]:
    """The words inside a word: between its marks, else the parts of a compound."""
    if token.pieces:
        return token.pieces
    return split.split(token.word) if split else ()


class LocaleIndex:
    """Read access to the index of one language. Safe to share between threads."""

    def __init__(self, folder: Path, synonyms: Sequence[Sequence[str]] = ()) -> None:
        """`synonyms` are groups of words that mean the same.

        Raises DamagedIndex when a file is missing or does not fit.
        """
        try:
            self._open(folder)
        except (OSError, ValueError, KeyError) as error:
            raise DamagedIndex(f"{folder}: the index cannot be read.", folder) from error
        self.analyzer = analyzer(self.locale)
        self.decompounder = decompounder(self.locale, self.vocabulary)
        self.terms_in = lru_cache(maxsize=200_000)(self._terms_in)
        self.synonyms = _by_term(synonyms, self.analyzer)
        # Vectors are numbered passages first, extras behind them.
        self.row_document = np.concatenate([self.passage_document, self.extra_document])
        # Every document has a passage, and its first one is its opening.
        self.document_start = np.flatnonzero(np.diff(self.passage_document, prepend=-1))

    def _open(self, folder: Path) -> None:
        shape = json.loads((folder / _SHAPE).read_text())
        self.locale: str = shape["locale"]
        self.first_document: int = shape["first_document"]
        self.first_passage: int = shape["first_passage"]
        self.documents: int = shape["documents"]
        self.passages: int = shape["passages"]
        self.passage_document: IntArray = np.load(folder / _PASSAGE_DOCUMENT, mmap_mode="r")
        self.extra_document: IntArray = np.load(folder / _EXTRA_DOCUMENT, mmap_mode="r")
        self.vocabulary = Vocabulary(folder)
        self.suggestions = Suggestions(folder)
        self.keyword = KeywordIndex(folder, self.passages)
        self.dense = DenseIndex(folder) if shape["dense"] else None
        self._units = np.load(folder / _UNITS, mmap_mode="r") if shape["dense"] else None
        self._unit_start = np.load(folder / _UNIT_START, mmap_mode="r") if shape["dense"] else None

    def _terms_in(self, word: str) -> tuple[str, ...]:
        """The terms by which a word may be found: its own, and those of the parts of a compound."""
        parts = self.decompounder.split(word) if self.decompounder else ()
        return tuple(self.analyzer.term(part) for part in (word, *parts))

    def passages_of(self, document: int) -> npt.NDArray[np.int64]:
        """Numbers of a document's passages, ascending."""
        start = int(self.document_start[document])
        end = start + int(np.searchsorted(self.passage_document[start:], document, side="right"))
        return np.arange(start, end)

    def neighbours_of(self, document: int, limit: int) -> list[int]:
        """The documents nearest in meaning to this one's title; empty without vectors."""
        if self.dense is None:
            return []
        title = self.passages + int(np.searchsorted(self.extra_document, document))
        rows, _ = self.dense.nearest(self.dense.vector(title), _NEIGHBOUR_ROWS)
        near = dict.fromkeys(int(number) for number in self.row_document[rows])
        return [number for number in near if number != document][:limit]

    def unit_cosines(self, query: FloatArray, passage: int) -> FloatArray:
        """Cosines of a query vector with the units of a passage, in their order."""
        if self._units is None or self._unit_start is None:
            return np.empty(0, np.float32)
        part = self._units[self._unit_start[passage] : self._unit_start[passage + 1]]
        cosines: FloatArray = part.astype(np.float32) @ query
        return cosines

    def knows(self, word: str) -> bool:
        """Whether a normalised word, or one of the same stem, or all its parts, occurs."""
        if self.vocabulary.frequency(word) or self.analyzer.is_stop(word):
            return True
        if self.keyword.terms.find(self.analyzer.term(word)) is not None:
            return True
        return bool(self.decompounder and self.decompounder.split(word))


def _by_term(
    groups: Sequence[Sequence[str]], analysis: Analyzer
) -> Mapping[str, list[tuple[str, ...]]]:
    """For the term of every one-word synonym the terms of the others in its group."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for group in groups:
        terms = [tuple(analysis.term(token.word) for token in tokens(word)) for word in group]
        for own in terms:
            if len(own) == 1:
                found.setdefault(own[0], []).extend(t for t in terms if t and t != own)
    return found
