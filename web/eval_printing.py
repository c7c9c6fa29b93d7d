"""What `kb eval` found, on the terminal: tables of figures, and questions by name."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import click

from search.comparison import Change, Comparison
from search.evaluation import Evaluation, LegFigures
from search.figures import Figures, GroupedFigures, Outcome, RankingFigures, Reliability, Verdict
from web.evaluating import Report

_NONE = "–"
_INDENT = " " * 6

_FIGURES: Mapping[str, Callable[[Figures], float | None]] = {
    "hit@1": lambda figures: figures.ranking.hit_at_1,
    "MRR@10": lambda figures: figures.ranking.mrr,
    "nDCG@10": lambda figures: figures.ranking.ndcg,
    "answered": lambda figures: figures.answers.answered,
    "right": lambda figures: figures.answers.right,
    "refused": lambda figures: figures.answers.refused,
}
_RANKING: Mapping[str, Callable[[RankingFigures], float | None]] = {
    "hit@1": lambda figures: figures.hit_at_1,
    "MRR@10": lambda figures: figures.mrr,
    "nDCG@10": lambda figures: figures.ndcg,
}


def print_report(report: Report) -> None:
    now = report.now
    click.secho(f"{_name(now)}: {len(now.outcomes)} judgments", bold=True)
    _print_figures(now.figures)
    if report.legs:
        _print_legs(report.legs)
    _print_reliability(now.reliability)
    _print_failures(now.outcomes)
    _print_comparison(now, report.comparison)


def _name(evaluation: Evaluation) -> str:
    by_what = evaluation.encoder or "keywords only"
    return f"Generation {evaluation.generation} ({by_what})"


def _print_figures(grouped: GroupedFigures) -> None:
    rows = [["", "answerable", "unanswerable", *_FIGURES]]
    for label, figures in _rows(grouped):
        answers = figures.answers
        shares = [_share(of(figures)) for of in _FIGURES.values()]
        rows.append([label, str(answers.answerable), str(answers.unanswerable), *shares])
    _print_table(rows)


def _rows(grouped: GroupedFigures) -> Iterator[tuple[str, Figures]]:
    yield "overall", grouped.overall
    groups = (
        ("locale", grouped.by_locale),
        ("phase", grouped.by_phase),
        ("kind", grouped.by_kind),
    )
    for group, members in groups:
        for name, figures in members.items():
            yield f"{group} {name}", figures


def _print_legs(legs: Mapping[str, LegFigures]) -> None:
    _title("Legs: keywords alone, vectors alone, both")
    rows = [["", *legs]]
    for name, of in _RANKING.items():
        rows.append([f"{name} overall", *(_share(of(leg.overall)) for leg in legs.values())])
        for locale in next(iter(legs.values())).by_locale:
            shares = (_share(of(leg.by_locale[locale])) for leg in legs.values())
            rows.append([f"{name} locale {locale}", *shares])
    _print_table(rows)


def _print_reliability(reliability: Reliability) -> None:
    _title("Confidence, and how often the best document is an expected one")
    rows = [["confidence", "questions", "mean", "correct"]]
    for one in reliability.bins:
        label = f"{one.lower:.1f} to {one.upper:.1f}"
        rows.append([label, str(one.questions), _share(one.confidence), _share(one.correct)])
    _print_table(rows)
    click.echo(f"Expected calibration error: {_share(reliability.error)}")


def _print_failures(outcomes: Sequence[Outcome]) -> None:
    answerable = [outcome for outcome in outcomes if outcome.judgment.is_answerable]
    behind = [outcome for outcome in answerable if outcome.rank != 1]
    _print_questions("Not found first", behind, _misplaced)
    for verdict, (heading, explain) in _WRONG_ANSWERS.items():
        wrong = [outcome for outcome in outcomes if outcome.verdict is verdict]
        _print_questions(heading, wrong, explain)


def _print_questions(
    heading: str, outcomes: Sequence[Outcome], explain: Callable[[Outcome], str]
) -> None:
    if not outcomes:
        return
    _title(f"{heading}: {len(outcomes)}")
    for outcome in outcomes:
        _print_question(outcome, explain(outcome))


def _print_question(outcome: Outcome, explanation: str) -> None:
    judgment = outcome.judgment
    click.echo(f"  {judgment.kind}, {judgment.locale}: {judgment.query}")
    click.echo(f"{_INDENT}{explanation}")


def _misplaced(outcome: Outcome) -> str:
    first = outcome.ranked[0] if outcome.ranked else "nothing"
    if outcome.phase is None:
        place = "not in this index"
    elif outcome.rank:
        place = f"on place {outcome.rank}"
    else:
        place = "not among the first ten"
    return f"expected {_expected(outcome)} ({place}), first came {first}"


def _answered(outcome: Outcome) -> str:
    return f"answered from {outcome.source} ({outcome.confidence:.2f}): {_line(outcome.answer)}"


def _wrong_source(outcome: Outcome) -> str:
    return f"expected {_expected(outcome)}, {_answered(outcome)}"


def _wrong_cut(outcome: Outcome) -> str:
    return f"expected “{outcome.judgment.answer}” of {outcome.source}: {_line(outcome.answer)}"


_WRONG_ANSWERS: Mapping[Verdict, tuple[str, Callable[[Outcome], str]]] = {
    Verdict.UNFOUNDED: ("Answered, though nothing answers this", _answered),
    Verdict.WRONG_SOURCE: ("Answered from another document", _wrong_source),
    Verdict.WRONG_CUT: ("The right document, but not the text that answers", _wrong_cut),
}


def _expected(outcome: Outcome) -> str:
    return " or ".join(outcome.judgment.expects)


def _line(text: str) -> str:
    return " ".join(text.split())


def _print_comparison(now: Evaluation, comparison: Comparison | None) -> None:
    if comparison is None:
        return _title("There is no other generation to compare with.")
    before = comparison.before
    _title(f"Since {_name(before)}")
    if before.encoder != now.encoder:
        click.echo("No encoder fits one of the two, so keywords alone answered there.")
    rows = [["", *_FIGURES]]
    pairs = zip(_rows(comparison.figures), _rows(now.figures), strict=True)
    for (label, then), (_, figures) in pairs:
        rows.append([label, *(_then_and_now(of(then), of(figures)) for of in _FIGURES.values())])
    errors = before.reliability.error, now.reliability.error
    _print_table(rows)
    click.echo(f"Expected calibration error: {_then_and_now(*errors)}")
    _print_changes("Better", comparison.better)
    _print_changes("Worse", comparison.worse)


def _print_changes(heading: str, changes: Sequence[Change]) -> None:
    _title(f"{heading}: {len(changes)}")
    for change in changes:
        _print_question(change.now, f"{_standing(change.before)} → {_standing(change.now)}")


def _standing(outcome: Outcome) -> str:
    verdict = outcome.verdict.replace("_", " ")
    if not outcome.judgment.is_answerable:
        return verdict
    return f"place {outcome.rank or _NONE}, {verdict}"


def _then_and_now(then: float | None, now: float | None) -> str:
    return f"{_share(then)} → {_share(now)}" if then != now else _share(now)


def _share(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}"


def _title(text: str) -> None:
    click.echo()
    click.secho(text, bold=True)


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    """Columns two spaces apart: the first to the left, the others, figures, to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        click.echo("  ".join([first.ljust(widths[0]), *cells]).rstrip())
