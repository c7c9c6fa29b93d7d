"""All documents of all languages in one order for a question."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kb.documents import Kind
from search.dense import FloatArray
from search.encoder import Encoder
from search.generation import Generation
from search.locale_index import LocaleIndex
from search.query import QueryWord, normalise_query, query_words
from search.ranking import FALLBACK_PENALTY, BoolArray, Candidates, Leg, candidates, keyword_leg

_REMEMBERED_VECTORS = 2000  # questions whose vectors are kept; 1.5 kB each
_REMEMBERED_FILTERS = 256
_RANKED = 100  # documents of one language that a ranking holds; results show at most 50


@dataclass(frozen=True, slots=True)
class RankedDocument:
    """A document of the ranking, before it is read from the library."""

    index: LocaleIndex
    document: int  # number in the library
    passage: int  # number in the library
    score: float  # 0..1
    cosine: float | None  # of the whole document; None without an encoder
    fallback: bool  # not in the asked language


@dataclass(frozen=True, slots=True)
class Ranking:
    """All candidates of a question, best first, and the words that were looked up."""

    query: str  # normalised
    documents: tuple[RankedDocument, ...]
    words: Mapping[str, Sequence[QueryWord]]  # by locale of the index

    @property
    def names_unknown_code(self) -> bool:
        """Whether the question names a product number or code that no language knows."""
        looked_up = [word for words in self.words.values() for word in words]
        written = {word.token for word in looked_up if word.is_written}
        return any(word.is_code and word.token not in written for word in looked_up)


class Ranker:
    """Ranks the documents of one generation. Safe to share between threads."""

    def __init__(self, generation: Generation, encoder: Encoder | None) -> None:
        """Vectors that another encoder made are left unused."""
        self.encoder = encoder if _fits(generation, encoder) else None
        self._indexes = generation.locales
        self._catalogue = generation.library.catalogue()
        self._allowed = lru_cache(maxsize=_REMEMBERED_FILTERS)(self._select)
        self.query_vector = lru_cache(maxsize=_REMEMBERED_VECTORS)(self._encode)

    def rank(
        self,
        query: str,
        locale: str,
        kind: Kind | None = None,
        category: str | None = None,
        leg: Leg | None = None,
    ) -> Ranking:
        """Rank by a question; documents that the asked language lacks may come from others.

        Both legs decide, unless one is named to decide alone.
        """
        query = normalise_query(query)
        encodes = self.encoder and query and leg is not Leg.KEYWORD
        vector = self.query_vector(query) if encodes else None
        words: dict[str, Sequence[QueryWord]] = {}
        found: list[Candidates] = []
        for name, index in self._indexes.items():
            allowed = self._allowed(name, locale, kind, category)
            if allowed is None or allowed.any():
                words[name] = query_words(query, index)
                scored = () if leg is Leg.DENSE else words[name]
                found.append(candidates(index, keyword_leg(index, scored), vector, allowed))
        return Ranking(query, self._once(_in_order(found, locale)), words)

    def _once(self, ranked: Iterable[RankedDocument]) -> tuple[RankedDocument, ...]:
        """Each document in its best language: two that are not the asked one may both have it."""
        best: dict[tuple[str, str], RankedDocument] = {}
        for document in ranked:
            entry = self._catalogue[document.document]
            best.setdefault((entry.kind, entry.id), document)
        return tuple(best.values())

    def _encode(self, query: str) -> FloatArray:
        assert self.encoder is not None
        return self.encoder.encode_query(query)

    def unit_cosines(self, query: str, index: LocaleIndex, passage: int) -> FloatArray | None:
        """Cosines of a normalised question with the units of a passage; None without an encoder.

        `passage` is the number within the language.
        """
        if self.encoder is None or index.dense is None:
            return None
        return index.unit_cosines(self.query_vector(query), passage)

    def nearest_passages(self, query: str, ranked: RankedDocument, limit: int) -> list[int]:
        """The passages of a document nearest in meaning to a normalised question, best first.

        Numbers are those of the library; empty without an encoder.
        """
        index = ranked.index
        if self.encoder is None or index.dense is None:
            return []
        own = index.passages_of(ranked.document - index.first_document)
        cosines = index.dense.cosines(self.query_vector(query), own)
        return [index.first_passage + int(own[n]) for n in np.argsort(-cosines)[:limit]]

    def _select(
        self, name: str, locale: str, kind: Kind | None, category: str | None
    ) -> BoolArray | None:
        """Documents of the language `name` that may be shown, (documents,); None when all may."""
        if name == locale and kind is None and category is None:
            return None
        index = self._indexes[name]
        own = self._catalogue[index.first_document : index.first_document + index.documents]
        asked = frozenset((e.kind, e.id) for e in self._catalogue if e.locale == locale)
        taken = asked if name != locale else frozenset()
        marks = (
            (entry.kind, entry.id) not in taken
            and kind in (None, entry.kind)
            and category in (None, entry.category)
            for entry in own
        )
        return np.fromiter(marks, np.bool_, len(own))


def _fits(generation: Generation, encoder: Encoder | None) -> bool:
    made_by = generation.encoder
    return bool(encoder and made_by and made_by["fingerprint"] == encoder.fingerprint)


def _in_order(found: Sequence[Candidates], locale: str) -> list[RankedDocument]:
    """The candidates of all languages by falling score."""
    best = max((float(part.cosine.max(initial=-1)) for part in found), default=0.0)
    ranked: list[RankedDocument] = []
    for part in found:
        fallback = part.index.locale != locale
        scores = part.score(best, FALLBACK_PENALTY if fallback else 0.0)
        likely = np.argsort(-scores, kind="stable")[:_RANKED]
        cosines = part.cosine[likely].tolist() if len(part.cosine) else [None] * len(likely)
        rows = zip(
            (part.index.first_document + part.documents[likely]).tolist(),
            (part.index.first_passage + part.best_passage[likely]).tolist(),
            scores[likely].tolist(),
            cosines,
            strict=True,
        )
        ranked += [RankedDocument(part.index, *row, fallback) for row in rows if row[2] > 0]
    ranked.sort(key=lambda document: (-document.score, document.document))
    return ranked
