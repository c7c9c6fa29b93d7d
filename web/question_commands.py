"""`kb search`, `kb answer` and `kb eval`: questions to the published index."""

from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from web.options import (
    Command,
    content_option,
    data_option,
    models_option,
    must_exist,
    say,
    settings_from,
)

if TYPE_CHECKING:
    from kb.settings import Settings
    from search.searcher import Searcher


def locale_option(command: Command) -> Command:
    return click.option(
        "--locale", help="Language to answer in.  [default: default_locale of site.toml]"
    )(command)


@click.command()
@click.argument("query", nargs=-1, required=True)
@locale_option
@click.option("--limit", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print what the API would return.")
@content_option
@data_option
@models_option
def search(
    query: tuple[str, ...], locale: str | None, limit: int, as_json: bool, **options: Any
) -> None:
    """Search the published index."""
    from web.printing import print_json, print_search

    searcher, text = _opened(settings_from(**options), query)
    started = perf_counter()
    found = searcher.search(text, locale or searcher.site.default_locale, limit=limit)
    if not as_json:
        return print_search(found)
    from web.api import new_id, since
    from web.json_views import search_reply

    print_json(search_reply(new_id(), found, since(started)))


@click.command()
@click.argument("query", nargs=-1, required=True)
@locale_option
@click.option("--json", "as_json", is_flag=True, help="Print what the API would return.")
@content_option
@data_option
@models_option
def answer(query: tuple[str, ...], locale: str | None, as_json: bool, **options: Any) -> None:
    """Answer a question from the published index."""
    from web.printing import print_answer, print_json

    searcher, text = _opened(settings_from(**options), query)
    locale = locale or searcher.site.default_locale
    started = perf_counter()
    found = searcher.answer(text, locale)
    if not as_json:
        return print_answer(found)
    from web.api import new_id, since
    from web.json_views import answer_reply, handover

    handed = handover(searcher.site, found.handover_team, locale)
    print_json(answer_reply(new_id(), found, since(started), handed))


@click.command("eval")
@click.option("--locale", help="Only the judgments of this language.  [default: all]")
@click.option("--legs", is_flag=True, help="Also measure keywords alone and vectors alone.")
@click.option(
    "--against",
    metavar="GENERATION",
    help="Compare with this generation.  [default: the newest other one]",
)
@click.option(
    "--fail-under",
    metavar="SHARE",
    type=click.FloatRange(0, 1),
    help="Exit status 1 when hit@1 is lower than this, 0 to 1.",
)
@click.option("--json", "as_json", is_flag=True, help="Print all figures and questions as JSON.")
@content_option
@data_option
@models_option
def evaluate(
    locale: str | None,
    legs: bool,
    against: str | None,
    fail_under: float | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Measure the published index by the judgments of the content folder.

    Tells how often the right document comes first and the answer is right, which questions fail,
    and what changed since an older generation.
    """
    from web.eval_json import report_json
    from web.eval_printing import print_report
    from web.evaluating import make_report, shortfall
    from web.printing import print_json
    from web.progress import progress

    settings = settings_from(**options)
    must_exist(settings.content)
    with progress() as bar:
        report = make_report(settings, bar, say, locale=locale, legs=legs, against=against)
    if as_json:
        print_json(report_json(report))
    else:
        print_report(report)
    if fail_under is not None and (sentence := shortfall(report.now, fail_under)):
        raise click.ClickException(sentence)


def _opened(settings: "Settings", words: tuple[str, ...]) -> "tuple[Searcher, str]":
    from search.searcher import Searcher
    from web.fitting_encoder import fitting_encoder
    from web.questions import clean_question

    text = clean_question(" ".join(words), settings.query_max_length)
    if not text:
        raise click.UsageError("Ask something.")
    return Searcher.open(settings.index_folder, fitting_encoder(settings, say)), text
