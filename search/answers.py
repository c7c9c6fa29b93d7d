"""Which unit of the best documents answers a question, and how sure that is."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from search.ranker import RankedDocument
from search.ranking import COSINE_SPAN
from search.units import Unit


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer; the features of `confidence`."""

    cosine: float | None  # of the question with the document; None without an encoder
    coverage: float  # 0..1, share of the question's information found in passage and title


@dataclass(frozen=True, slots=True)
class Offer:
    """A unit of a ranked document, with what speaks for it."""

    unit: Unit
    document: RankedDocument
    cosine: float  # of the question with the unit; 0 without an encoder
    coverage: float  # 0..1, of the unit's own text and the headings above it


# What decides between units, beside the meaning of their own text: the document's place in the
# ranking, and the words of the question. In units of one `COSINE_SPAN`.
_DOCUMENT_SHARE, _COVERAGE_SHARE = 2.0, 0.5


def best_offer(offers: Iterable[Offer]) -> Offer | None:
    """The offer that answers best, None when there is none."""
    return max(offers, key=_score, default=None)


def _score(offer: Offer) -> float:
    return (
        offer.cosine / COSINE_SPAN
        + _DOCUMENT_SHARE * offer.document.score
        + _COVERAGE_SHARE * offer.coverage
    )


# Logistic regression on 1,160 questions: the example judgments and three public sets, each with
# questions that its content does not answer (decision record 0006). Cosines of this encoder lie
# between .75 and .95.
_BIAS, _COSINE, _COVERAGE = -34.5, 39.4, 1.75
# Without an encoder only the words speak; set so that all words found give .88, two of three .5.
_WORDS_BIAS, _WORDS_COVERAGE = -4.0, 6.0

# From this confidence on an answer is given: 0 to 1 % of off-topic questions and 7 % of the
# unanswerable judgments reach it. Below the second, even "related" would be a guess.
ANSWERED_FROM = 0.45
RELATED_FROM = 0.15


def confidence(evidence: Evidence) -> float:
    """Probability, 0..1, that the document answers: a logistic function of the evidence."""
    if evidence.cosine is None:
        exponent = _WORDS_BIAS + _WORDS_COVERAGE * evidence.coverage
    else:
        exponent = _BIAS + _COSINE * evidence.cosine + _COVERAGE * evidence.coverage
    return 1 / (1 + math.exp(-exponent))
