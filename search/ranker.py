"""All documents of all languages in one order for a question."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from kb.documents import Kind
from kb.variants import other_audiences
from search.analysis import analyzer
from search.audience import bits_of
from search.encoder import Encoded, Encoder
from search.generation import Generation
from search.locale_index import LocaleIndex
from search.own_documents import OwnDocuments
from search.query import MAX_WORDS, query_words
from search.ragged import runs
from search.ranking import (
    FALLBACK_PENALTY,
    LATE_INFORMATION,
    OWN_LEAD,
    BitArray,
    BoolArray,
    Candidates,
    Question,
    View,
    candidates,
    keyword_leg,
)
from search.scope import EVERYTHING, Leg, Scope

_REMEMBERED_QUESTIONS = 500  # whose vectors are kept; about 15 kB each, 63 kB at most
_REMEMBERED_FILTERS = 256
_RANKED = 100  # documents of one language that a ranking holds; results show at most 50


class RankedDocument(
    NamedTuple
):  # made a hundred at a time; a data class costs three times as much
    """A document of the ranking, before it is read from the library."""

    locale_index: LocaleIndex
    document: int  # number in the library
    passage: int  # number in the library
    score: float  # 0..1
    cosine: float | None  # of the passage; None without an encoder
    late: float | None  # late interaction with the passage; None without an encoder
    fallback: bool  # not in the asked language


@dataclass(frozen=True, slots=True)
class Ranking:
    """All candidates of a question, best first, and the words that were looked up."""

    query: str  # normalised
    documents: tuple[RankedDocument, ...]
    questions: Mapping[str, Question]  # by locale of the index
    views: Mapping[str, View]  # likewise
    own: Mapping[str, BitArray]  # likewise, as of `OwnDocuments.of`

    def led_by(self, numbers: Sequence[int]) -> "Ranking":
        """The same with these documents of it in front, in this order."""
        wanted = {number: place for place, number in enumerate(numbers)}
        leading = [found for found in self.documents if found.document in wanted]
        leading.sort(key=lambda found: wanted[found.document])
        others = [found for found in self.documents if found.document not in wanted]
        best = self.documents[0].score if self.documents else 1.0
        first = [found._replace(score=best) for found in leading]
        return replace(self, documents=(*first, *others))

    @property
    def names_unknown_code(self) -> bool:
        """Whether the question names a product number or code that no language knows."""
        looked_up = [word for question in self.questions.values() for word in question.words]
        written = {word.token for word in looked_up if word.is_written}
        return any(word.is_code and word.token not in written for word in looked_up)


class Ranker:
    """Ranks the documents of one generation. Safe to share between threads."""

    def __init__(self, generation: Generation, encoder: Encoder | None) -> None:
        """Vectors that another encoder made are left unused."""
        self.encoder = encoder if _fits(generation, encoder) else None
        self._indexes = generation.locales
        self._catalogue = generation.library.catalogue()
        self._own = OwnDocuments(generation.library, generation.locales)
        self._viewed = lru_cache(maxsize=_REMEMBERED_FILTERS)(self._view)
        self._readable = lru_cache(maxsize=_REMEMBERED_FILTERS)(self._select_passages)
        self._encoded = lru_cache(maxsize=_REMEMBERED_QUESTIONS)(self._encode)

    def rank(self, query: str, locale: str, scope: Scope = EVERYTHING) -> Ranking:
        """Rank by a normalised question.

        Documents that the asked language lacks may come from others.
        """
        encodes = self.encoder and query and scope.leg is not Leg.KEYWORD
        encoded = self._encoded(query) if encodes else None
        others = other_audiences(scope.context)
        views = {
            name: self._viewed(name, locale, scope.kind, scope.category, others)
            for name in self._indexes
        }
        questions = _alike_relied_on(
            {
                name: self._question(query, encoded, self._indexes[name], locale)
                for name, view in views.items()
                if view.documents is None or view.documents.any()
            }
        )
        found = []
        for name, question in questions.items():
            scored = () if scope.leg is Leg.DENSE else question.words
            view = views[name]
            keyword = keyword_leg(self._indexes[name], scored, view.passages)
            found.append(candidates(self._indexes[name], keyword, question, view))
        own = self._own.of(scope.context)
        return Ranking(query, self._once(_in_order(found, locale, own)), questions, views, own)

    def _question(
        self, query: str, encoded: Encoded | None, index: LocaleIndex, locale: str
    ) -> Question:
        words = query_words(query, index)
        if encoded is None or index.dense is None:
            return Question(words, None, None)
        # Nobody says which language a question is in: one that is asked or one that is answered.
        languages = [analyzer(name) for name in {locale, *self._indexes}]
        states = index.question(
            query, encoded.words, lambda word: any(a.is_stop(word) for a in languages)
        )
        return Question(words, encoded.vector, states)

    def _once(self, ranked: Iterable[RankedDocument]) -> tuple[RankedDocument, ...]:
        """Each document in its best language: two that are not the asked one may both have it."""
        best: dict[tuple[str, str], RankedDocument] = {}
        for document in ranked:
            entry = self._catalogue[document.document]
            best.setdefault((entry.kind, entry.id), document)
        return tuple(best.values())

    def _encode(self, query: str) -> Encoded:
        assert self.encoder is not None
        encoded = self.encoder.encode_query(query)
        return encoded._replace(words=encoded.words[:MAX_WORDS])

    def _view(
        self,
        name: str,
        locale: str,
        kind: Kind | None,
        category: str | None,
        others: frozenset[str],
    ) -> View:
        """What of the language `name` may be shown, without passages for `others` alone."""
        readable = self._readable(name, others)
        documents = self._select_documents(name, locale, kind, category)
        if documents is None:
            return readable
        if readable.documents is not None:
            documents = documents & readable.documents
        return replace(readable, documents=documents)

    def _select_passages(self, name: str, others: frozenset[str]) -> View:
        index = self._indexes[name]
        shown = index.passage_audience & bits_of(others) == 0
        if shown.all():
            return View(None, None, index.document_start)
        passages = np.flatnonzero(shown)
        owners = index.passage_document[passages]
        starts = runs(owners)
        documents = np.zeros(index.documents, np.bool_)
        documents[owners[starts]] = True
        openings = index.document_start.copy()
        openings[owners[starts]] = passages[starts]
        return View(None if documents.all() else documents, shown, openings)

    def _select_documents(
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


def _alike_relied_on(questions: Mapping[str, Question]) -> dict[str, Question]:
    """The same questions, relying on late interaction as much as the language that least does."""
    told = [question.states.information for question in questions.values() if question.states]
    reliance = min(1.0, min(told, default=0.0) / LATE_INFORMATION)
    return {name: replace(question, reliance=reliance) for name, question in questions.items()}


def _fits(generation: Generation, encoder: Encoder | None) -> bool:
    made_by = generation.encoder
    return bool(encoder and made_by and made_by["fingerprint"] == encoder.fingerprint)


def _in_order(
    found: Sequence[Candidates], locale: str, own: Mapping[str, BitArray]
) -> list[RankedDocument]:
    """The candidates of all languages by falling score; the customer's own are `own`."""
    best = max((float(part.meaning.max(initial=-1)) for part in found), default=0.0)
    ranked: list[RankedDocument] = []
    for part in found:
        fallback = part.index.locale != locale
        scores = part.score(best, FALLBACK_PENALTY if fallback else 0.0)
        if own:
            is_own = own[part.index.locale][part.documents] > 0
            scores = np.where(is_own, scores, scores * np.float32(1 - OWN_LEAD))
        likely = np.argsort(-scores, kind="stable")[:_RANKED]
        unknown = [None] * len(likely)
        cosines = part.cosine[likely].tolist() if len(part.cosine) else unknown
        lates = part.late[likely].tolist() if len(part.late) else unknown
        rows = zip(
            (part.index.first_document + part.documents[likely]).tolist(),
            (part.index.first_passage + part.best_passage[likely]).tolist(),
            scores[likely].tolist(),
            cosines,
            lates,
            strict=True,
        )
        ranked += [RankedDocument(part.index, *row, fallback) for row in rows if row[2] > 0]
    ranked.sort(key=lambda document: (-document.score, document.document))
    return ranked
