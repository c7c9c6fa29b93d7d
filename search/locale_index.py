"""Everything that is searched for one language: vectors, keywords, words.

Passages and documents are numbered from 0 within the language; the library numbers them from
`first_passage` and `first_document` on.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kb.documents import Document, Passage
from kb.errors import DamagedIndex
from kb.instructions import trusted_text
from search.analysis import Analyzer, Token, analyzer, tokens
from search.audience import bits_of
from search.compounds import Decompounder
from search.dense import DenseIndex, FloatArray, build_dense_index
from search.forward_index import ForwardIndex, PassageContent, write_forward_index
from search.keyword import KeywordFields, KeywordIndex, build_keyword_index
from search.late_interaction import (
    LateIndex,
    PackedWords,
    PassageWords,
    QuestionWords,
    Span,
    write_late_index,
)
from search.mapped import mapped
from search.suggestions import Suggestions, write_suggestions
from search.units import Unit, units
from search.vocabulary import Vocabulary, write_vocabulary

IntArray = npt.NDArray[np.int32]

SHAPE = "shape.json"
_PASSAGE_DOCUMENT, _EXTRA_DOCUMENT = "passage-document.npy", "extra-document.npy"
_PASSAGE_AUDIENCE = "passage-audience.npy"

# Of words that are common in their language, and of those that the content does not know; others
# have 0 to 1, the rarer the more.
_COMMON_INFORMATION, _UNKNOWN_INFORMATION = 0.05, 0.6

_USUAL_ROWS = 5000  # vectors that their mean is taken of
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
    # Of each passage all words of `text_to_embed`, as far as the encoder reads.
    words: Sequence[PackedWords] = ()
    hidden: int = 0  # length of a word's state


def text_to_embed(passage: Passage) -> str:
    """What the encoder reads of a passage: its place in the document, then its text."""
    return f"{passage.context}\n{trusted_text(passage)}"


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
    write_shape(folder, content, content.vectors is not None)
    owners = [passage.document - content.first_document for passage in content.passages]
    np.save(folder / _PASSAGE_DOCUMENT, np.array(owners, np.int32))
    audiences = [bits_of(passage.audience) for passage in content.passages]
    np.save(folder / _PASSAGE_AUDIENCE, np.array(audiences, np.uint8))
    np.save(folder / _EXTRA_DOCUMENT, np.array(content.extra_document, np.int32))
    write_suggestions(folder, content.documents)
    write_vocabulary(folder, content.locale, _texts(content), analyzer(content.locale).term)
    build_keyword_index(folder, _fields(content, Vocabulary(folder)))
    units_of = units_by_passage(content.passages, content.locale)
    _write_forward_index(folder, content, units_of)
    if content.vectors is not None:
        build_dense_index(folder, content.vectors)
        write_late_index(folder, _telling_words(content, units_of), content.hidden)


def write_shape(folder: Path, content: LocaleContent, dense: bool) -> None:
    """Write where the numbers of a language begin: all of its index that depends on others.

    `dense` tells whether there are vectors.
    """
    shape = {
        "locale": content.locale,
        "first_document": content.first_document,
        "first_passage": content.first_passage,
        "documents": len(content.documents),
        "passages": len(content.passages),
        "dense": dense,
    }
    (folder / SHAPE).write_text(json.dumps(shape))


def _write_forward_index(
    folder: Path, content: LocaleContent, units_of: Sequence[Sequence[Unit]]
) -> None:
    split = decompounder(content.locale, Vocabulary(folder))
    term = analyzer(content.locale).term
    terms = KeywordIndex(folder, len(content.passages)).terms

    @lru_cache(maxsize=200_000)
    def numbers(word: str, pieces: tuple[str, ...]) -> tuple[int, ...]:
        found = (terms.find(term(part)) for part in (word, *parts_of(word, pieces, split)))
        return tuple(dict.fromkeys(number for number in found if number is not None))

    titles = [document.title for document in content.documents]
    pairs = zip(content.passages, units_of, strict=True)
    write_forward_index(
        folder,
        (
            PassageContent(passage, titles[passage.document - content.first_document], own)
            for passage, own in pairs
        ),
        content.locale,
        lambda token: numbers(token.word, token.pieces),
    )


def _telling_words(
    content: LocaleContent, units_of: Sequence[Sequence[Unit]]
) -> list[PassageWords]:
    """The words of each passage without those too common to tell anything."""
    analysis = analyzer(content.locale)
    found = []
    for passage, words, own in zip(content.passages, content.words, units_of, strict=True):
        texts = text_to_embed(passage).split()[: len(words)]
        tells = [analysis.is_telling(text) for text in texts]
        kept = np.array(tells if any(tells) else [True] * len(tells), np.bool_)
        # For each word, how many are kept before it.
        place = [0, *np.cumsum(kept).tolist()]
        above = len(passage.context.split())
        spans = [_renumbered(unit.span, above, place) for unit in own]
        found.append(PassageWords(words[np.flatnonzero(kept)], spans))
    return found


def _renumbered(span: Span, above: int, place: Sequence[int]) -> Span:
    """A span of words below the headings, among the words kept; both ends may be cut off."""
    start, end = (place[min(above + word, len(place) - 1)] for word in span)
    return start, end


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
            parts=[
                analysis.term(part)
                for token in parts
                for part in parts_of(token.word, token.pieces, split)
            ],
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


def parts_of(word: str, pieces: tuple[str, ...], split: Decompounder | None) -> tuple[str, ...]:
    """The words inside a word: between its marks, else the parts of a compound."""
    if pieces:
        return pieces
    return split.split(word) if split else ()


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
        self.synonyms = _by_term(synonyms, self.analyzer)
        # Vectors are numbered passages first, extras behind them.
        self.row_document = np.concatenate([self.passage_document, self.extra_document])
        # Every document has a passage, and its first one is its opening.
        self.document_start = np.flatnonzero(np.diff(self.passage_document, prepend=-1))

    def _open(self, folder: Path) -> None:
        shape = json.loads((folder / SHAPE).read_text())
        self.locale: str = shape["locale"]
        self.first_document: int = shape["first_document"]
        self.first_passage: int = shape["first_passage"]
        self.documents: int = shape["documents"]
        self.passages: int = shape["passages"]
        self.passage_document: IntArray = mapped(folder / _PASSAGE_DOCUMENT)
        self.extra_document: IntArray = mapped(folder / _EXTRA_DOCUMENT)
        # Bits as of `search.audience`; 0 where a passage is for everybody.
        self.passage_audience: npt.NDArray[np.uint8] = mapped(folder / _PASSAGE_AUDIENCE)
        self.vocabulary = Vocabulary(folder)
        self.suggestions = Suggestions(folder)
        self.keyword = KeywordIndex(folder, self.passages)
        self.dense = DenseIndex(folder) if shape["dense"] else None
        self.late = LateIndex(folder) if shape["dense"] else None
        self.forward = ForwardIndex(folder)

    def passages_of(self, document: int) -> npt.NDArray[np.int64]:
        """Numbers of a document's passages, ascending."""
        start = int(self.document_start[document])
        end = start + int(np.searchsorted(self.passage_document[start:], document, side="right"))
        return np.arange(start, end)

    def neighbours_of(self, document: int, limit: int) -> list[int]:
        """The documents nearest in meaning to this one's title; empty without vectors."""
        if self.dense is None:
            return []
        title = self.dense.vector(
            self.passages + int(np.searchsorted(self.extra_document, document))
        )
        rows = self.dense.near(title, _NEIGHBOUR_ROWS)
        rows = rows[np.argsort(-self.dense.cosines(title, rows), kind="stable")]
        near = dict.fromkeys(self.row_document[rows].tolist())
        return [number for number in near if number != document][:limit]

    @cached_property
    def usual_vector(self) -> FloatArray | None:
        """The mean vector of titles and foreseen questions: what all questions here share."""
        if self.dense is None or not len(self.extra_document):
            return None
        numbers = range(self.passages, min(self.dense.size, self.passages + _USUAL_ROWS))
        mean: FloatArray = np.mean([self.dense.vector(number) for number in numbers], axis=0)
        return mean

    def question(
        self, text: str, states: FloatArray, is_common: Callable[[str], bool]
    ) -> QuestionWords:
        """A question's words for late interaction, each weighed by how rare it is here.

        `states`, (words, hidden), are the encoder's; `is_common` tells of normalised words that
        they tell nothing in any language a question may be in.
        """
        assert self.late is not None
        weights = [self._weight(word, is_common) for word in text.split()[: len(states)]]
        return self.late.question(states, np.array(weights, np.float32))

    def _weight(self, word: str, is_common: Callable[[str], bool]) -> float:
        """The information of a word between white space, 0..1: of the rarest word in it."""
        found = [token.word for token in tokens(word)]
        told = (self._information_of(w) for w in found if not is_common(w))
        # "Where" and "how" tell a little, too.
        return max(told, default=_COMMON_INFORMATION if found else 0.0)

    def _information_of(self, word: str) -> float:
        passages = len(self.keyword.row(self.analyzer.term(word))[0])
        if not passages:  # perhaps of another language, where it may be frequent
            return _UNKNOWN_INFORMATION
        return max(0.0, math.log((self.passages + 1) / (passages + 0.5)) / self.most_information)

    @property
    def most_information(self) -> float:
        """Of a word in one passage only: the logarithm of its inverse passage frequency."""
        return math.log(self.passages + 1)

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
