"""What `kb eval --json` prints. docs/operating.md explains every field."""

from collections.abc import Mapping

from search.comparison import Change, Comparison
from search.evaluation import Evaluation, LegFigures
from search.figures import Bin, Figures, GroupedFigures, Outcome, RankingFigures, Reliability
from web.evaluating import Report

Json = dict[str, object]


def report_json(report: Report) -> Json:
    return {
        **_evaluation(report.now),
        "figures": _grouped(report.now.figures),
        "questions": [_question(outcome) for outcome in report.now.outcomes],
        "legs": {name: _leg(leg) for name, leg in report.legs.items()} or None,
        "comparison": _comparison(report.comparison) if report.comparison else None,
    }


def _evaluation(evaluation: Evaluation) -> Json:
    return {
        "generation": evaluation.generation,
        "created": evaluation.created,
        "encoder": evaluation.encoder,
        "reliability": _reliability(evaluation.reliability),
    }


def _grouped(figures: GroupedFigures) -> Json:
    return {
        "overall": _figures(figures.overall),
        "by_locale": _each(figures.by_locale),
        "by_phase": _each(figures.by_phase),
        "by_kind": _each(figures.by_kind),
    }


def _each(groups: Mapping[str, Figures]) -> Json:
    return {name: _figures(figures) for name, figures in groups.items()}


def _figures(figures: Figures) -> Json:
    answers = figures.answers
    return {
        **_ranking(figures.ranking),
        "answered": _rounded(answers.answered),
        "right": _rounded(answers.right),
        "unanswerable": answers.unanswerable,
        "refused": _rounded(answers.refused),
    }


def _ranking(figures: RankingFigures) -> Json:
    return {
        "answerable": figures.questions,
        "hit_at_1": _rounded(figures.hit_at_1),
        "mrr_at_10": _rounded(figures.mrr),
        "ndcg_at_10": _rounded(figures.ndcg),
    }


def _reliability(found: Reliability) -> Json:
    return {
        "expected_calibration_error": _rounded(found.error),
        "bins": [_bin(one) for one in found.bins],
    }


def _bin(one: Bin) -> Json:
    return {
        "lower": one.lower,
        "upper": one.upper,
        "questions": one.questions,
        "confidence": _rounded(one.confidence),
        "correct": _rounded(one.correct),
    }


def _question(outcome: Outcome) -> Json:
    judgment = outcome.judgment
    return {
        "query": judgment.query,
        "locale": judgment.locale,
        "kind": judgment.kind,
        "phase": outcome.phase,
        "expects": list(judgment.expects),
        "expected_text": judgment.answer,
        "ranked": list(outcome.ranked),
        "rank": outcome.rank,
        "ndcg_at_10": _rounded(outcome.ndcg),
        "status": outcome.status.value,
        "confidence": outcome.confidence,
        "source": outcome.source,
        "answer": outcome.answer,
        "verdict": outcome.verdict.value,
    }


def _leg(leg: LegFigures) -> Json:
    by_locale = {name: _ranking(figures) for name, figures in leg.by_locale.items()}
    return {"overall": _ranking(leg.overall), "by_locale": by_locale}


def _comparison(comparison: Comparison) -> Json:
    return {
        **_evaluation(comparison.before),
        "figures": _grouped(comparison.figures),
        "better": [_change(change) for change in comparison.better],
        "worse": [_change(change) for change in comparison.worse],
    }


def _change(change: Change) -> Json:
    judgment = change.now.judgment
    return {
        "query": judgment.query,
        "locale": judgment.locale,
        "kind": judgment.kind,
        "before": {"rank": change.before.rank, "verdict": change.before.verdict.value},
        "now": {"rank": change.now.rank, "verdict": change.now.verdict.value},
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
