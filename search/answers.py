"""Which unit of the best documents answers a question, and whether it may be said.

Product attributes answer first, when they answer at all: they understand the question, where
everything else only finds what is near.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from kb.instructions import addresses_machines, trusted_text
from search.answer_types import Expected, expected, tells_number
from search.confidence import Evidence, Thresholds, confidence
from search.generation import Generation
from search.products.answers import ProductAnswer
from search.ranker import RankedDocument, Ranking
from search.ranking import Question
from search.results import (
    Answer,
    AnswerForm,
    AnswerResult,
    AnswerStatus,
    Citation,
    SearchResult,
)
from search.snippets import Matcher, terms_of
from search.units import Unit, units

_DOCUMENTS_READ = 3  # whose passages are searched for the answer
_REMEMBERED_PASSAGES = 1000  # whose units are kept; about 10 kB each
_PASSAGES_READ = 3  # of each, by meaning, beside the best one
# A fact that the question asks for is as sure as can be said of words.
_SUREST = 0.99


@dataclass(frozen=True, slots=True)
class Offer:
    """A unit of a ranked document, with what speaks for it."""

    unit: Unit
    document: RankedDocument
    words: float  # late interaction of the unit, and the headings above it, with the question
    meaning: float  # cosine of the means of their words; both 0 without an encoder
    coverage: float  # 0..1, of the unit's own text and the headings above it
    is_expected: bool  # it is of the kind that the question asks for


# What decides between units; the spread of each differs.
_WORDS, _MEANING, _DOCUMENT, _COVERAGE, _KIND = 10.0, 6.0, 2.0, 0.5, 0.9


# So far behind the best sentence, the one beside it is part of the answer: +.03 of the answers hold
# what was asked for, at five words more.
_NEARLY = 1.0


def _score(offer: Offer) -> float:
    return (
        _WORDS * offer.words
        + _MEANING * offer.meaning
        + _DOCUMENT * offer.document.score
        + _COVERAGE * offer.coverage
        + _KIND * offer.is_expected
    )


def _with_neighbour(offers: Sequence[Offer]) -> Offer | None:
    """The best offer; with the sentence beside it when that one answers nearly as well."""
    ranked = sorted(((_score(offer), offer) for offer in offers), key=lambda p: p[0], reverse=True)
    if not ranked:
        return None
    (highest, best), *others = ranked
    for score, other in others:
        if score < highest - _NEARLY:
            break
        if unit := best.unit.joined(other.unit):
            return replace(best, unit=unit)
    return best


# A unit, and the terms by which it and the headings above it may be asked for.
ReadUnit = tuple[Unit, frozenset[str]]


class Answers:
    """Answers the questions that were ranked in one generation. Safe to share between threads."""

    def __init__(self, generation: Generation) -> None:
        self._library = generation.library
        self._site = generation.site
        self._calibration = generation.calibration
        self._indexes = generation.locales
        self._read = lru_cache(maxsize=_REMEMBERED_PASSAGES)(self._read_units)

    def answer(
        self,
        ranking: Ranking,
        matchers: Mapping[str, Matcher],
        result: SearchResult,
        product: ProductAnswer | None,
    ) -> AnswerResult:
        """The answer to a ranked question, or an honest word that there is none.

        `matchers` by locale of the index; `product` is what attributes say to it, if anything.
        """
        # What is known of AB-1300 is no answer about AB-1200, and an order is no question.
        is_refused = ranking.names_unknown_code or addresses_machines(ranking.query)
        if product and not is_refused:
            return self._from_attributes(product, result)
        if not ranking.documents:
            team = self._site.team_of("")
            return AnswerResult(AnswerStatus.NO_ANSWER, 0.0, None, (), result, team)
        offer, evidence = self._best(ranking, matchers)
        thresholds, sure = Thresholds(), confidence(evidence)
        shown = sure
        if evidence.cosine is not None:  # what judgments say holds for vectors only
            thresholds = self._calibration.thresholds_of(result.locale)
            shown = self._calibration.calibrated(sure)
        best = offer.document if offer else ranking.documents[0]
        about = self._library.document(best.document)
        if offer and sure >= thresholds.answered_from and not is_refused:
            status, answer, passage = AnswerStatus.ANSWERED, offer.unit.answer, offer.unit.passage
            citations: tuple[Citation, ...] = (Citation(about, passage.heading, passage.anchor),)
        else:
            known = sure >= thresholds.related_from
            status = AnswerStatus.RELATED if known else AnswerStatus.NO_ANSWER
            answer, citations = None, ()
        # What nothing in the content answers is no specialist's topic either.
        owner = "" if status is AnswerStatus.NO_ANSWER else about.owner_team
        team = self._site.team_of(owner)
        return AnswerResult(status, round(shown, 4), answer, citations, result, team, about)

    def _from_attributes(self, product: ProductAnswer, result: SearchResult) -> AnswerResult:
        first = {fact.document: fact for fact in reversed(product.facts)}
        citations = tuple(
            Citation(self._library.document(number), first[number].heading, first[number].anchor)
            for number in product.documents
        )
        about = citations[0].document
        return AnswerResult(
            status=AnswerStatus.ANSWERED,
            confidence=round(min(product.certainty, _SUREST), 4),
            answer=Answer(AnswerForm.FACT, product.text),
            citations=citations,
            search=result,
            handover_team=self._site.team_of(about.owner_team),
            about=about,
            is_from_attributes=True,
        )

    def _best(
        self, ranking: Ranking, matchers: Mapping[str, Matcher]
    ) -> tuple[Offer | None, Evidence]:
        """The best answer the first documents offer, and what speaks for it."""
        first = ranking.documents[:_DOCUMENTS_READ]
        offers = [
            offer
            for ranked in first
            for offer in self._offers(ranking, ranked, matchers[ranked.index.locale])
        ]
        offer = _with_neighbour(offers)
        if offer is None:
            return None, Evidence(first[0].cosine, first[0].late or 0.0, 0.0)
        found = offer.document
        if found.cosine is not None:
            return offer, Evidence(found.cosine, found.late or 0.0, 0.0)
        passage = offer.unit.passage
        terms = terms_of(f"{passage.context}\n{trusted_text(passage)}", found.index)
        return offer, Evidence(None, 0.0, matchers[found.index.locale].coverage(terms))

    def _offers(
        self, ranking: Ranking, ranked: RankedDocument, matcher: Matcher
    ) -> Iterator[Offer]:
        """The units of a document's best passage, and of those nearest in meaning."""
        index = ranked.index
        question = ranking.questions[index.locale]
        kind = expected(ranking.query)
        for local in _passages_to_read(ranked, question):
            offered = self._read(index.locale, ranked.document, local)
            near = index.unit_similarities(question.states, local, len(offered))
            for (unit, terms), (words, meaning) in zip(offered, near.tolist(), strict=True):
                fits = _is_expected(unit, kind)
                yield Offer(unit, ranked, words, meaning, matcher.coverage(terms), fits)

    def _read_units(self, locale: str, document: int, local: int) -> tuple[ReadUnit, ...]:
        """The units of a passage, numbered within its language; the same for every question."""
        index = self._indexes[locale]
        passages = self._library.passages_of(document)
        first = int(index.document_start[document - index.first_document])
        passage = passages[local - first]
        above = terms_of(passage.context, index)
        return tuple(
            (unit, above | terms_of(unit.answer.text, index))
            for unit in units(passage, passages, locale)
        )


def _is_expected(unit: Unit, kind: Expected) -> bool:
    is_steps = unit.answer.form is AnswerForm.STEPS
    if kind is Expected.NUMBER:
        return not is_steps and tells_number(unit.answer.text)
    return kind is Expected.STEPS and is_steps


def _passages_to_read(ranked: RankedDocument, question: Question) -> list[int]:
    """Numbers within the language: a document's best passage, and those nearest in meaning."""
    index = ranked.index
    best = ranked.passage - index.first_passage
    if question.vector is None or index.dense is None:
        return [best]
    own = index.passages_of(ranked.document - index.first_document)
    nearest = own[np.argsort(-index.dense.cosines(question.vector, own))[:_PASSAGES_READ]]
    return list(dict.fromkeys([best, *map(int, nearest)]))
