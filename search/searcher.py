"""Answers questions from one generation. The web and the command line talk to this class."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Self

import numpy as np

from kb.context import NO_CONTEXT, Context
from kb.documents import Document, Kind
from kb.site import Site
from kb.variants import known_audiences
from search.analysis import tokens
from search.answers import Answers
from search.audience import names_in
from search.clusters import by_words
from search.dense import FloatArray
from search.encoder import Encoder
from search.forward_index import PassageText
from search.generation import Generation
from search.locale_index import LocaleIndex
from search.personalised import personalised
from search.products.answers import ProductAnswer, ProductAnswers
from search.products.naming import ProductQuestion
from search.query import MAX_WORDS, normalise_query
from search.ranker import RankedDocument, Ranker, Ranking
from search.results import (
    AnswerResult,
    Degraded,
    Hit,
    SearchResult,
    Snippet,
    Suggestion,
    SuggestionForm,
)
from search.scope import EVERYTHING, Scope
from search.snippets import Matcher, snippets

_REMEMBERED_RESULTS = 300  # of searches, and of answers; about 10 kB each
_REMEMBERED_RANKINGS = 8  # a results page asks for an answer and for results, one after the other
_REMEMBERED_DOCUMENTS = 1000  # without their bodies; about 3 kB each
_REMEMBERED_QUESTIONS = 4000  # what reports know of them; about half a kB each
_TINY = 1e-9  # lengths are not divided by zero
_ANSWER_HITS = 5  # results returned with an answer


class Searcher:
    """One generation, held for the whole of a request. Safe to share between threads."""

    def __init__(self, generation: Generation, encoder: Encoder | None) -> None:
        """With an encoder whose vectors do not fit, keywords search alone; `degraded` says so."""
        self._generation = generation
        self._ranker = Ranker(generation, encoder)
        self._answers = Answers(generation)
        self._products = ProductAnswers(generation.library, generation.site)
        self._indexes = generation.locales
        self.library = generation.library
        self.site: Site = generation.site
        self.look = generation.look
        self.generation = generation.name
        self.created = generation.created
        self.passages = generation.counts["passages"]
        used = self._ranker.encoder
        self.encoder_name = used.name if used else None
        # A generation never changes, so neither does what it says.
        self._found = lru_cache(maxsize=_REMEMBERED_RESULTS)(self._find)
        self._answered = lru_cache(maxsize=_REMEMBERED_RESULTS)(self._answer)
        self._ranked = lru_cache(maxsize=_REMEMBERED_RANKINGS)(self._rank)
        self._document = lru_cache(maxsize=_REMEMBERED_DOCUMENTS)(self.library.document)
        self._asked = lru_cache(maxsize=_REMEMBERED_QUESTIONS)(self._products.question)
        self.degraded = () if used else (Degraded.NO_ENCODER,)

    @classmethod
    def open(cls, index: Path, encoder: Encoder | None) -> Self:
        """The published generation of the folder `index`.

        Raises NoGeneration when there is none, DamagedIndex when it is not intact.
        """
        return cls(Generation.open_current(index), encoder)

    def close(self) -> None:
        self._generation.close()

    def media(self, address: str) -> Path | None:
        """The file behind a media or theme address of this generation; None when there is none."""
        return self._generation.media(address)

    def search(
        self, query: str, locale: str, scope: Scope = EVERYTHING, *, limit: int = 10
    ) -> SearchResult:
        """The best documents for a question, at most `limit`, each once."""
        scope = _unaddressed(scope)
        return self._found(normalise_query(query), self.spoken(locale), scope, limit)

    def answer(self, query: str, locale: str, context: Context = NO_CONTEXT) -> AnswerResult:
        """The answer cut from the best documents, or an honest word that there is none."""
        scope = _unaddressed(Scope(context=context))
        return self._answered(normalise_query(query), self.spoken(locale), scope)

    def _find(self, query: str, locale: str, scope: Scope, limit: int) -> SearchResult:
        ranking, product = self._ranked(query, locale, scope)
        return self._result(ranking, locale, limit, scope, product)

    def _answer(self, query: str, locale: str, scope: Scope) -> AnswerResult:
        ranking, product = self._ranked(query, locale, scope)
        matchers = _matchers(ranking, ranking.documents[:_ANSWER_HITS])
        result = self._result(ranking, locale, _ANSWER_HITS, scope, product)
        return self._answers.answer(ranking, matchers, result, product)

    def suggest(self, prefix: str, locale: str, limit: int = 8) -> list[Suggestion]:
        """Pages, foreseen questions and words that continue what is being typed."""
        index = self._indexes.get(self.spoken(locale))
        prefix = normalise_query(prefix)
        if index is None or not prefix:
            return []
        found = []
        for entry in index.suggestions.find(prefix, limit):
            document = self.library.document(index.first_document + entry.document)
            form = SuggestionForm.DOCUMENT if entry.is_title else SuggestionForm.QUESTION
            found.append(Suggestion(entry.text, form, document.url))
        return found or _completed(prefix, index, limit)

    def related(self, document: Document, limit: int = 4) -> list[Document]:
        """What to read next: what the editors named, then what is nearest in meaning."""
        named = [self.library.find_id(name, document.locale) for name in document.related]
        numbers = [number for number in named if number is not None]
        index = self._indexes.get(document.locale)
        own = self.library.find(document.kind, document.locale, document.slug)
        if index is not None and own is not None and len(numbers) < limit:
            near = index.neighbours_of(own - index.first_document, 2 * limit)
            numbers += [index.first_document + number for number in near]
        others = [number for number in dict.fromkeys(numbers) if number != own]
        return [self.library.document(number) for number in others[:limit]]

    def product_question(self, query: str, locale: str) -> ProductQuestion | None:
        """Which product or type a question is about, answered or not; None for neither."""
        return self._asked(normalise_query(query), self.spoken(locale))

    def without_product(self, query: str, locale: str) -> str:
        """A question without the name of its product, which would make all of them alike."""
        found = self.product_question(query, locale)
        return found.rest if found else query

    def meanings(self, questions: Sequence[str], locale: str) -> FloatArray:
        """What questions of one language mean: (questions, dimensions), unit length.

        The encoder's vectors less what all questions here share, which would make any two of
        them alike (with a cosine of about .8). Without an encoder, only equal words are alike.
        """
        index = self._indexes.get(self.spoken(locale))
        encoder, usual = self._ranker.encoder, index.usual_vector if index else None
        if encoder is None or usual is None or not questions:
            return by_words(questions)
        own = [encoder.encode_query(question).vector - usual for question in questions]
        found = np.stack(own)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        unit: FloatArray = (found / np.maximum(lengths, _TINY)).astype(np.float32)
        return unit

    def spoken(self, locale: str) -> str:
        """The content's locale for an asked one: `en` for `en-GB`; unknown ones stay the same."""
        if locale in self._indexes:
            return locale
        language = locale.split("-")[0]
        return next((name for name in self._indexes if name.split("-")[0] == language), locale)

    def _rank(self, query: str, locale: str, scope: Scope) -> tuple[Ranking, ProductAnswer | None]:
        """All documents in order, and what product attributes say: whose these are, they lead."""
        ranking = self._ranker.rank(query, locale, scope)
        if scope.leg:
            return ranking, None
        mine = scope.context.product
        own = self.library.find_id(mine, locale, Kind.PRODUCT) if mine else None
        product = self._products.answer(ranking.query, locale, own)
        return ranking.led_by(product.documents) if product else ranking, product

    def _result(
        self,
        ranking: Ranking,
        locale: str,
        limit: int,
        scope: Scope,
        product: ProductAnswer | None,
    ) -> SearchResult:
        """The first `limit` documents of a ranking, read from the library, with snippets."""
        best = ranking.documents[:limit]
        matchers = _matchers(ranking, best)
        shown: dict[int, tuple[PassageText, Snippet]] = {}
        for name, matcher in matchers.items():
            own = [ranked for ranked in best if ranked.locale_index.locale == name]
            first = self._indexes[name].first_passage
            passages = np.array([ranked.passage - first for ranked in own], np.int64)
            numbers = (ranked.document for ranked in own)
            shown.update(zip(numbers, snippets(matcher, passages), strict=True))
        hits = tuple(self._hit(ranked, *shown[ranked.document]) for ranked in best)
        corrected = self._corrected(ranking.query, locale)
        is_own = product is not None and product.is_for_own
        parts = personalised(ranking, best, scope.context, is_own)
        return SearchResult(ranking.query, locale, hits, corrected, self.degraded, parts)

    def _hit(self, ranked: RankedDocument, text: PassageText, snippet: Snippet) -> Hit:
        document, index = self._document(ranked.document), ranked.locale_index
        audience = names_in(int(index.passage_audience[ranked.passage - index.first_passage]))
        return Hit(
            document=document,
            heading=text.heading,
            anchor=text.anchor,
            snippet=snippet,
            score=round(ranked.score, 4),
            fallback=ranked.fallback,
            audience=audience or known_audiences(document.audience),
        )

    def _corrected(self, query: str, locale: str) -> str | None:
        """The query with every unknown word replaced by its likeliest known one, if any."""
        index = self._indexes.get(locale)
        if index is None:
            return None
        corrected, end = "", 0
        for token in islice(tokens(query), MAX_WORDS):
            if any(other.knows(token.word) for other in self._indexes.values()):
                continue
            if better := index.vocabulary.correction(token.word):
                corrected += query[end : token.start] + better
                end = token.end
        return corrected + query[end:] if end else None


def _unaddressed(scope: Scope) -> Scope:
    """How a customer is addressed changes pages, not what is found."""
    return replace(scope, context=replace(scope.context, address=None))


def _matchers(ranking: Ranking, documents: Iterable[RankedDocument]) -> dict[str, Matcher]:
    """One for each language among the documents."""
    indexes = {ranked.locale_index.locale: ranked.locale_index for ranked in documents}
    return {name: Matcher(ranking.questions[name].words, index) for name, index in indexes.items()}


def _completed(prefix: str, index: LocaleIndex, limit: int) -> list[Suggestion]:
    """The prefix with its last word completed."""
    last = max(tokens(prefix), key=lambda token: token.start, default=None)
    if last is None:
        return []
    words = index.vocabulary.completions(last.word, limit)
    return [Suggestion(prefix[: last.start] + word, SuggestionForm.WORD) for word in words]
