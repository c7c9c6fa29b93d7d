"""Wires `kb eval`: judgments, the published generation, an older one to compare with."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from kb.errors import JudgmentsError
from kb.judgments import JUDGMENTS_FILE, Judgment, read_judgments
from kb.progress import Progress
from kb.settings import Settings
from search.comparison import Comparison, open_named, open_previous
from search.encoder import Encoder
from search.evaluation import Evaluation, LegFigures, compare_legs, evaluate
from search.searcher import Searcher
from web.fitting_encoder import fitting_encoder


@dataclass(frozen=True, slots=True)
class Report:
    """All that `kb eval` tells."""

    now: Evaluation
    legs: Mapping[str, LegFigures]  # by name; empty unless asked for
    comparison: Comparison | None  # None: there is no other generation


def make_report(
    settings: Settings,
    progress: Progress,
    say: Callable[[str], None],
    *,
    locale: str | None = None,
    legs: bool = False,
    against: str | None = None,
) -> Report:
    """Measure the published generation by all judgments, or by those of one `locale`.

    `against` names the generation to compare with; without it the newest other one is taken.
    Raises JudgmentsError, NoGeneration, DamagedIndex, or SearchIndexError when there is no
    generation of that name.
    """
    judgments = _judgments(settings, locale)
    encoder = fitting_encoder(settings, say)
    with ExitStack() as opened:
        searcher = opened.enter_context(closing(Searcher.open(settings.index_folder, encoder)))
        # Before anything is measured, so that a wrong name is told at once.
        older = _older(settings, searcher.generation, against, encoder)
        if older:
            opened.callback(older.close)
        now = evaluate(searcher, judgments, progress)
        by_leg = compare_legs(searcher, judgments, progress) if legs else {}
        changed = Comparison.of(now, evaluate(older, judgments, progress)) if older else None
    return Report(now, by_leg, changed)


def _judgments(settings: Settings, locale: str | None) -> Sequence[Judgment]:
    everything = read_judgments(settings.content)
    judgments = [one for one in everything if locale in (None, one.locale)]
    if not judgments:
        known = ", ".join(sorted({one.locale for one in everything}))
        raise JudgmentsError(
            f"{settings.content / JUDGMENTS_FILE} has no judgment in the language {locale}; "
            f"take one of {known}."
        )
    return judgments


def _older(
    settings: Settings, current: str, against: str | None, encoder: Encoder | None
) -> Searcher | None:
    index = settings.index_folder
    older = open_named(index, against) if against else open_previous(index, current)
    return Searcher(older, encoder) if older else None


def shortfall(evaluation: Evaluation, bar: float) -> str | None:
    """What is to be said when hit@1 of all questions is below `bar`, 0..1; else None.

    Without any answerable question nothing was measured, so no bar is reached.
    """
    ranking = evaluation.figures.overall.ranking
    if ranking.hit_at_1 is None:
        return "hit@1 cannot be told: none of the judgments can be answered."
    if ranking.hit_at_1 >= bar:
        return None
    first = round(ranking.hit_at_1 * ranking.questions)
    return (
        f"hit@1 is {ranking.hit_at_1:.3f} ({first} of {ranking.questions} questions), "
        f"below {bar:g}."
    )
