"""What asking the judgments amounts to: figures of ranking, answers and confidence. No search here.

Every document that a judgment expects is worth the same: relevance is binary, since editors who
name two rarely mean that the second is half as good. Figures are means over questions.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, get_args

from kb.judgments import Judgment, JudgmentKind
from kb.site import Phase
from search.results import AnswerStatus

DEPTH = 10  # documents of a ranking that are looked at
BINS = 10  # of confidence, equally wide

# An answerable judgment, and the ids that were found for it, best first.
Ranked = tuple[Judgment, Sequence[str]]

_Row = TypeVar("_Row")


class Verdict(StrEnum):
    """What is to be said of an answer."""

    RIGHT = "right"  # cites an expected document, and holds the text the judgment asks for
    WRONG_CUT = "wrong_cut"  # cites an expected document, without that text
    WRONG_SOURCE = "wrong_source"  # cites another document
    WITHHELD = "withheld"  # the content knows, but no answer was given
    REFUSED = "refused"  # the content does not know, and no answer was given
    UNFOUNDED = "unfounded"  # the content does not know, yet an answer was given

    @property
    def is_good(self) -> bool:
        return self in (Verdict.RIGHT, Verdict.REFUSED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One judgment, and what a generation made of it."""

    judgment: Judgment
    phase: Phase | None  # of the first expected document; None when the generation has none
    ranked: tuple[str, ...]  # ids of the first documents, best first, at most DEPTH
    status: AnswerStatus
    confidence: float  # 0..1
    source: str | None  # id of the document the confidence is about; None when none was found
    answer: str  # its text; "" when none was given

    @property
    def rank(self) -> int | None:
        """Place of the first expected document, from 1; None when it is not among the first."""
        return _rank(self.judgment, self.ranked)

    @property
    def ndcg(self) -> float | None:
        """See `ndcg`; None when nothing answers the question."""
        return ndcg(self.judgment.expects, self.ranked) if self.judgment.is_answerable else None

    @property
    def is_source_expected(self) -> bool:
        return self.source in self.judgment.expects

    @property
    def verdict(self) -> Verdict:
        answered = self.status is AnswerStatus.ANSWERED
        if not self.judgment.is_answerable:
            return Verdict.UNFOUNDED if answered else Verdict.REFUSED
        if not answered:
            return Verdict.WITHHELD
        if not self.is_source_expected:
            return Verdict.WRONG_SOURCE
        asked_for = _folded(self.judgment.answer) in _folded(self.answer)
        return Verdict.RIGHT if asked_for else Verdict.WRONG_CUT


@dataclass(frozen=True, slots=True)
class RankingFigures:
    """Of the answerable questions of a group; all 0..1, and None when there are none."""

    questions: int
    hit_at_1: float | None  # share whose first document is expected
    mrr: float | None  # mean reciprocal rank of the first expected one, 0 beyond DEPTH
    ndcg: float | None  # see `ndcg`


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """Of all questions of a group; shares are 0..1, and None when there is nothing to share."""

    answerable: int
    answered: float | None  # share of them that got an answer, right or wrong
    right: float | None  # share of them that got a right one
    unanswerable: int
    refused: float | None  # share of them that got none, as they should


@dataclass(frozen=True, slots=True)
class Figures:
    ranking: RankingFigures
    answers: AnswerFigures


@dataclass(frozen=True, slots=True)
class GroupedFigures:
    overall: Figures
    by_locale: Mapping[str, Figures]
    by_phase: Mapping[str, Figures]  # of answerable questions whose document is published
    by_kind: Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions whose confidence is in one of the ten parts of 0..1."""

    lower: float  # from here on
    upper: float  # up to here; only the last one holds its upper end
    questions: int
    confidence: float | None  # mean; None without questions
    correct: float | None  # share whose best document is expected; None without questions


@dataclass(frozen=True, slots=True)
class Reliability:
    """Whether confidence means what it says: of questions at .7, seven of ten should be right.

    Right means that the document the confidence is about, which is the cited one or else the first
    one, is expected. It never is where nothing in the content answers.
    """

    bins: tuple[Bin, ...]
    error: float | None  # expected calibration error, 0 is perfect; None without questions


def grouped_figures(outcomes: Sequence[Outcome]) -> GroupedFigures:
    locales = _by(lambda outcome: outcome.judgment.locale, outcomes)
    phases = _by(lambda outcome: outcome.phase, outcomes)
    kinds = _by(lambda outcome: outcome.judgment.kind, outcomes)
    return GroupedFigures(
        overall=_figures(outcomes),
        by_locale={name: _figures(locales[name]) for name in sorted(locales)},
        by_phase={name: _figures(phases[name]) for name in get_args(Phase) if name in phases},
        by_kind={name: _figures(kinds[name]) for name in get_args(JudgmentKind) if name in kinds},
    )


def _by(key: Callable[[_Row], str | None], rows: Iterable[_Row]) -> dict[str, list[_Row]]:
    """The rows by their key; those without one are left out."""
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        if (name := key(row)) is not None:
            groups.setdefault(name, []).append(row)
    return groups


def _figures(outcomes: Iterable[Outcome]) -> Figures:
    outcomes = list(outcomes)
    ranked = [(o.judgment, o.ranked) for o in outcomes if o.judgment.is_answerable]
    return Figures(ranking_figures(ranked), _answer_figures(outcomes))


def ranking_figures(ranked: Sequence[Ranked]) -> RankingFigures:
    ranks = [_rank(judgment, ids) for judgment, ids in ranked]
    return RankingFigures(
        questions=len(ranked),
        hit_at_1=_mean(rank == 1 for rank in ranks),
        mrr=_mean(1 / rank if rank else 0.0 for rank in ranks),
        ndcg=_mean(ndcg(judgment.expects, ids) for judgment, ids in ranked),
    )


def rankings_by_locale(ranked: Iterable[Ranked]) -> dict[str, RankingFigures]:
    groups = _by(lambda pair: pair[0].locale, ranked)
    return {locale: ranking_figures(groups[locale]) for locale in sorted(groups)}


def _rank(judgment: Judgment, ids: Sequence[str]) -> int | None:
    places = (place for place, name in enumerate(ids[:DEPTH], 1) if name in judgment.expects)
    return next(places, None)


def ndcg(expected: Iterable[str], ids: Sequence[str]) -> float:
    """Normalised discounted cumulated gain of the first DEPTH, 0..1 (Järvelin, Kekäläinen 2002).

    Every expected document gains 1 and is discounted by log2(rank + 1), as Burges et al. (2005)
    do; the ideal ranking has them all in front.
    """
    wanted = frozenset(expected)
    gained = sum(_discount(rank) for rank, name in enumerate(ids[:DEPTH], 1) if name in wanted)
    ideal = sum(_discount(rank) for rank in range(1, min(len(wanted), DEPTH) + 1))
    return gained / ideal if ideal else 0.0


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)


def _answer_figures(outcomes: Iterable[Outcome]) -> AnswerFigures:
    outcomes = list(outcomes)
    verdicts = [outcome.verdict for outcome in outcomes if outcome.judgment.is_answerable]
    others = [outcome.verdict for outcome in outcomes if not outcome.judgment.is_answerable]
    return AnswerFigures(
        answerable=len(verdicts),
        answered=_mean(verdict is not Verdict.WITHHELD for verdict in verdicts),
        right=_mean(verdict is Verdict.RIGHT for verdict in verdicts),
        unanswerable=len(others),
        refused=_mean(verdict is Verdict.REFUSED for verdict in others),
    )


def reliability(outcomes: Sequence[Outcome]) -> Reliability:
    """Confidence against truth in bins of equal width.

    The expected calibration error is the mean distance between a bin's confidence and its share of
    right ones, weighted by its questions (Guo et al. 2017, On Calibration of Modern Neural
    Networks, equation 3).
    """
    bins = tuple(_bin(number, outcomes) for number in range(BINS))
    distances = (
        bin.questions * abs(bin.confidence - bin.correct)
        for bin in bins
        if bin.confidence is not None and bin.correct is not None
    )
    return Reliability(bins, sum(distances) / len(outcomes) if outcomes else None)


def _bin(number: int, outcomes: Iterable[Outcome]) -> Bin:
    own = [o for o in outcomes if min(int(o.confidence * BINS), BINS - 1) == number]
    return Bin(
        lower=number / BINS,
        upper=(number + 1) / BINS,
        questions=len(own),
        confidence=_mean(outcome.confidence for outcome in own),
        correct=_mean(outcome.is_source_expected for outcome in own),
    )


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return sum(known) / len(known) if known else None


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
