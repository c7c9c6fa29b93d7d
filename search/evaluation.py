"""Asks one generation the judgments: how well it ranks, answers and knows what it does not know."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kb.judgments import Judgment
from kb.progress import Progress, Silent
from kb.site import Phase
from search.figures import (
    DEPTH,
    GroupedFigures,
    Outcome,
    RankingFigures,
    Reliability,
    grouped_figures,
    ranking_figures,
    rankings_by_locale,
    reliability,
)
from search.results import SearchResult
from search.scope import Leg, Scope
from search.searcher import Searcher


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one generation made of the judgments."""

    generation: str
    created: str  # when it was made, ISO 8601, UTC
    encoder: str | None  # name of the model that took part; None: keywords only
    outcomes: tuple[Outcome, ...]  # in the order of the judgments
    figures: GroupedFigures
    reliability: Reliability


@dataclass(frozen=True, slots=True)
class LegFigures:
    """One leg alone, or both."""

    overall: RankingFigures
    by_locale: Mapping[str, RankingFigures]


def evaluate(
    searcher: Searcher, judgments: Sequence[Judgment], progress: Progress | None = None
) -> Evaluation:
    """Ask every judgment's question. Raises DamagedIndex when the generation cannot be read."""
    progress = progress or Silent()
    progress.start(f"Asking {searcher.generation}", len(judgments))
    outcomes = []
    for judgment in judgments:
        outcomes.append(_outcome(searcher, judgment))
        progress.advance()
    return Evaluation(
        generation=searcher.generation,
        created=searcher.created,
        encoder=searcher.encoder_name,
        outcomes=tuple(outcomes),
        figures=grouped_figures(outcomes),
        reliability=reliability(outcomes),
    )


def _outcome(searcher: Searcher, judgment: Judgment) -> Outcome:
    found = searcher.answer(judgment.query, judgment.locale)
    # An answer comes with fewer results than are measured. The question is encoded only once.
    ranked = _ids(searcher.search(judgment.query, judgment.locale, limit=DEPTH))
    return Outcome(
        judgment=judgment,
        phase=_phase(searcher, judgment),
        ranked=ranked,
        status=found.status,
        confidence=found.confidence,
        source=found.about.id if found.about else None,
        answer=found.answer.text if found.answer else "",
    )


def _ids(result: SearchResult) -> tuple[str, ...]:
    return tuple(hit.document.id for hit in result.hits)


def _phase(searcher: Searcher, judgment: Judgment) -> Phase | None:
    """The journey phase of the first expected document, in any language."""
    for name in judgment.expects[:1]:
        for locale in (searcher.spoken(judgment.locale), *searcher.site.locales):
            number = searcher.library.find_id(name, locale)
            if number is not None:
                return searcher.library.document(number).phase
    return None


def compare_legs(
    searcher: Searcher, judgments: Iterable[Judgment], progress: Progress | None = None
) -> dict[str, LegFigures]:
    """Ranking figures of each leg alone, by its name, and of both together as `hybrid`."""
    progress = progress or Silent()
    answerable = [judgment for judgment in judgments if judgment.is_answerable]
    legs: dict[str, Leg | None] = {**{str(leg): leg for leg in Leg}, "hybrid": None}
    progress.start("Asking each leg", len(legs) * len(answerable))
    return {name: _leg(searcher, answerable, leg, progress) for name, leg in legs.items()}


def _leg(
    searcher: Searcher, judgments: Iterable[Judgment], leg: Leg | None, progress: Progress
) -> LegFigures:
    ranked = []
    for judgment in judgments:
        found = searcher.search(judgment.query, judgment.locale, Scope(leg=leg), limit=DEPTH)
        ranked.append((judgment, _ids(found)))
        progress.advance()
    return LegFigures(ranking_figures(ranked), rankings_by_locale(ranked))
