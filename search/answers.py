"""Which unit of the best documents answers a question, and whether it may be said.

Product attributes answer first, when they answer at all: they understand the question, where
everything else only finds what is near.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kb.documents import Document, Kind, Passage
from kb.instructions import addresses_machines
from kb.variants import known_audiences
from search.answer_types import Expected, expected
from search.confidence import Evidence, Thresholds, confidence
from search.forward_index import BoolArray, UnitPlaces
from search.generation import Generation
from search.products.answers import ProductAnswer
from search.ragged import combined
from search.ranker import RankedDocument, Ranking
from search.ranking import Question, View
from search.results import (
    Answer,
    AnswerForm,
    AnswerResult,
    AnswerStatus,
    Citation,
    SearchResult,
)
from search.snippets import Matcher
from search.units import Unit, units

_DOCUMENTS_READ = 3  # whose passages are searched for the answer
_PASSAGES_READ = 3  # of each, by meaning, beside the best one
# A fact that the question asks for is as sure as can be said of words.
_SUREST = 0.99


@dataclass(frozen=True, slots=True)
class Offer:
    """A unit of a ranked document that may answer."""

    document: RankedDocument
    passage: int  # within the language
    number: int  # of the unit in its passage
    score: float  # only comparable among the offers of one question
    opens: bool  # the article that the question asks for as a whole


# What decides between units; the spread of each differs: late interaction of the unit, and the
# headings above it, with the question; the cosine of the means of their words; the score of the
# document; the share of the question found in the unit and the headings; whether it is of the kind
# that the question asks for.
_WORDS, _MEANING, _DOCUMENT, _COVERAGE, _KIND = 10.0, 6.0, 2.0, 0.5, 0.9

# So far behind the best sentence, the one beside it is part of the answer: +.03 of the answers hold
# what was asked for, at five words more.
_NEARLY = 1.0

# Who types a title, or a word of it, asks for nothing in particular: the article as a whole
# answers, with its first sentences or, when a task is named, with its steps. Of the example's 178
# titles, 174 are answered so, and 102 without this; the others got a sentence from somewhere in the
# article. No answer to a judgment changes.
_WHOLE = 2.4
_TASK_WORDS = 2  # that name a task, as in "battery does not charge"; one names a topic
_ALL = 1 - 1e-9  # of the information, which is a sum


class Answers:
    """Answers the questions that were ranked in one generation. Safe to share between threads."""

    def __init__(self, generation: Generation) -> None:
        self._library = generation.library
        self._site = generation.site
        self._calibration = generation.calibration

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
        offers = self._offers(ranking, matchers)
        document = offers[0].document if offers else ranking.documents[0]
        evidence = self._evidence(document, matchers[document.locale_index.locale])
        thresholds, sure = Thresholds(), confidence(evidence)
        shown = sure
        if evidence.cosine is not None:  # what judgments say holds for vectors only
            thresholds = self._calibration.thresholds_of(result.locale)
            shown = self._calibration.calibrated(sure)
        about = self._library.document(document.document)
        may = sure >= thresholds.answered_from and not is_refused
        unit = self._unit(offers) if may else None
        if unit:
            status, answer, passage = AnswerStatus.ANSWERED, unit.answer, unit.passage
            citations: tuple[Citation, ...] = (_citation(about, passage),)
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

    def _evidence(self, document: RankedDocument, matcher: Matcher) -> Evidence:
        """What speaks for an answer from this document."""
        if document.cosine is not None:
            return Evidence(document.cosine, document.late or 0.0, 0.0)
        passage = np.array([document.passage - document.locale_index.first_passage])
        present = matcher.matches(passage).present
        whole = combined(np.logical_or, present, np.array([0]), np.array([len(present)]))
        return Evidence(None, 0.0, float(matcher.coverage(whole)[0]))

    def _offers(self, ranking: Ranking, matchers: Mapping[str, Matcher]) -> list[Offer]:
        """All units of the best passages of the first documents, best first."""
        first, *others = ranking.documents[:_DOCUMENTS_READ]
        is_article = self._library.document(first.document).kind is Kind.ARTICLE
        offers = [*_offers_of(ranking, first, matchers[first.locale_index.locale], is_article)]
        for ranked in others:
            offers += _offers_of(ranking, ranked, matchers[ranked.locale_index.locale])
        return sorted(offers, key=lambda offer: -offer.score)

    def _unit(self, offers: Sequence[Offer]) -> Unit | None:
        """The best unit; with the sentence beside it when that one answers nearly as well, or when
        both open the article."""
        if not offers:
            return None
        best, *others = offers
        units_of_passage = self._units(best)
        if best.number >= len(units_of_passage):  # the passage was cut by another version
            return None
        unit = units_of_passage[best.number]
        if best.opens and len(units_of_passage) > 1:
            return unit.joined(units_of_passage[best.number + 1]) or unit
        for other in others:
            if other.score < best.score - _NEARLY:
                break
            is_beside = other.document is best.document and other.passage == best.passage
            if is_beside and (both := unit.joined(units_of_passage[other.number])):
                return both
        return unit

    def _units(self, offer: Offer) -> list[Unit]:
        """The units of the passage that an offer is from."""
        index, document = offer.document.locale_index, offer.document.document
        passages = self._library.passages_of(document)
        first = int(index.document_start[document - index.first_document])
        return list(units(passages[offer.passage - first], passages, index.locale))


def _offers_of(
    ranking: Ranking, ranked: RankedDocument, matcher: Matcher, may_be_meant: bool = False
) -> Iterator[Offer]:
    """The units of a document's best passage, and of those nearest in meaning.

    `may_be_meant`: a question that says nothing but its title asks for the document as a whole.
    """
    index = ranked.locale_index
    question = ranking.questions[index.locale]
    kind = expected(ranking.query)
    view = ranking.views[index.locale]
    read = _passages_to_read(ranked, question, view)
    opening = int(view.openings[ranked.document - index.first_document])
    is_meant = may_be_meant and kind is Expected.ANYTHING and _is_in_headings(opening, matcher)
    if is_meant:
        read = list(dict.fromkeys([*read, opening]))
    passages = np.array(read, np.int64)
    matches = matcher.matches(passages)
    places = index.forward.units(passages, matches.starts)
    if not len(places.rows):
        return
    opens = _opens(places, is_meant & (passages == opening))
    scores = _KIND * _is_expected(places, kind) + _DOCUMENT * ranked.score
    if is_meant:
        is_task = len(question.words) >= _TASK_WORDS
        scores += _WHOLE * (opens | (places.is_steps & is_task))
    present = combined(np.logical_or, matches.present, *places.rows.T)
    scores += _COVERAGE * matcher.coverage(present)
    if index.late is not None and question.states is not None:
        words, meaning = index.late.unit_similarities(question.states, passages).T
        scores += _WORDS * words + _MEANING * meaning
    starts = places.starts.tolist()
    for passage, start, end in zip(read, starts, starts[1:], strict=False):
        for number, score in enumerate(scores[start:end].tolist()):
            yield Offer(ranked, passage, number, score, bool(opens[start + number]))


def _is_in_headings(passage: int, matcher: Matcher) -> bool:
    """Whether title and headings of a passage hold all that the question says."""
    headings = matcher.matches(np.array([passage])).present[:1]
    return bool(matcher.coverage(headings)[0] >= _ALL)


def _opens(places: UnitPlaces, is_opening: BoolArray) -> BoolArray:
    """Marks the first unit of the passage that is the opening, (units,)."""
    marks = np.zeros(len(places.rows), np.bool_)
    first = places.starts[:-1][is_opening & (np.diff(places.starts) > 0)]
    marks[first] = True
    return marks


def _is_expected(places: UnitPlaces, kind: Expected) -> BoolArray:
    if kind is Expected.NUMBER:
        return places.tells_number & ~places.is_steps
    return places.is_steps & (kind is Expected.STEPS)


def _citation(document: Document, passage: Passage) -> Citation:
    audience = passage.audience or known_audiences(document.audience)
    return Citation(document, passage.heading, passage.anchor, audience)


def _passages_to_read(ranked: RankedDocument, question: Question, view: View) -> list[int]:
    """Numbers within the language: a document's best passage, and those nearest in meaning."""
    index = ranked.locale_index
    best = ranked.passage - index.first_passage
    if question.vector is None or index.dense is None:
        return [best]
    own = index.passages_of(ranked.document - index.first_document)
    if view.passages is not None:
        own = own[view.passages[own]]
    nearest = own[np.argsort(-index.dense.cosines(question.vector, own))[:_PASSAGES_READ]]
    return list(dict.fromkeys([best, *map(int, nearest)]))
