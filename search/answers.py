"""The answer itself: a sentence or two, the steps, a table row or a fact, cut from one article.

Extractive: every word of an answer stands in the document it cites. Headings alone are never
answers, and lists and sentences are never cut in the middle.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kb.documents import Block, BlockKind, Passage
from kb.text import sentences
from search.ranker import RankedDocument
from search.ranking import COSINE_SPAN
from search.results import Answer, AnswerForm

# An answer longer than this is an article. Steps are returned whole.
_TEXT_WORDS = 40
# A sentence shorter than this rarely says enough alone; it takes the next one along.
_SHORT_WORDS = 9

_LONE_FORMS = {
    BlockKind.ITEM: AnswerForm.TEXT,
    BlockKind.TERM: AnswerForm.TEXT,
    BlockKind.ROW: AnswerForm.ROW,
    BlockKind.FACT: AnswerForm.FACT,
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a passage that may be an answer as it is."""

    answer: Answer
    compared: str  # the text that is compared with the question
    passage: Passage


def units(passage: Passage, neighbours: Sequence[Passage], locale: str) -> Iterator[Unit]:
    """What a passage offers as answers. `neighbours` are the passages of its document, from which
    a list of steps that was cut into several passages is put together again."""
    seen: set[int] = set()
    for block in passage.blocks:
        if block.kind is BlockKind.STEP:
            if block.group not in seen:
                seen.add(block.group)
                yield _steps(passage, block.group, neighbours)
        elif block.kind is BlockKind.PARAGRAPH:
            yield from _sentences(passage, block, locale)
        elif form := _LONE_FORMS.get(block.kind):
            yield Unit(Answer(form, block.text), block.text, passage)


def _steps(passage: Passage, group: int, neighbours: Sequence[Passage]) -> Unit:
    items = tuple(
        block.text
        for other in neighbours
        if other.anchor == passage.anchor
        for block in other.blocks
        if block.kind is BlockKind.STEP and block.group == group
    )
    text = "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
    # What a list of steps is about stands in its heading.
    compared = f"{passage.context}: {' '.join(items[:2])}"
    return Unit(Answer(AnswerForm.STEPS, text, items), compared, passage)


def _sentences(passage: Passage, block: Block, locale: str) -> Iterator[Unit]:
    parts = sentences(block.text, locale)
    for place, sentence in enumerate(parts):
        text = _with_next(sentence, parts[place + 1 : place + 2])
        if not text.endswith(":"):  # announces a list; the list is the answer
            yield Unit(Answer(AnswerForm.TEXT, text), text, passage)


def _with_next(sentence: str, following: Sequence[str]) -> str:
    """A sentence, with the next one when it is too short to stand alone."""
    words = len(sentence.split())
    more = sum(len(text.split()) for text in following)
    if following and words < _SHORT_WORDS and words + more <= _TEXT_WORDS:
        return " ".join((sentence, *following))
    return sentence


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
    coverage: float  # 0..1, of the unit's own text and the headings above it


# Units whose meaning is compared with the question; each costs the encoder some milliseconds.
_COMPARED = 12
# What decides between units, beside the meaning of their own text: the document's place in the
# ranking, and the words of the question. In units of one `COSINE_SPAN`.
_DOCUMENT_SHARE, _COVERAGE_SHARE = 2.0, 0.5


def best_offer(offers: Sequence[Offer], nearness: Callable[[str], float]) -> Offer:
    """The offer that answers best. `nearness` is the cosine of the question with a text."""
    likely = sorted(offers, key=lambda o: -(o.document.score + o.coverage))[:_COMPARED]
    return max(likely, key=lambda offer: _score(offer, nearness(offer.unit.compared)))


def _score(offer: Offer, cosine: float) -> float:
    return (
        cosine / COSINE_SPAN
        + _DOCUMENT_SHARE * offer.document.score
        + _COVERAGE_SHARE * offer.coverage
    )


# Logistic regression on 1,160 questions: the example judgments and three public sets, each with
# questions that its content does not answer (decision record 0006). Cosines of this encoder lie
# between .75 and .95.
_BIAS, _COSINE, _COVERAGE = -33.8, 38.6, 1.7
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
