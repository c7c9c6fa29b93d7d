"""`kb report`: what /admin/insight shows, for scripts and spreadsheets."""

from datetime import UTC, datetime
from typing import Any

import click

from web.options import data_option, models_option, opened_records, say, settings_from

_COLUMNS = {
    "searches": "searches",
    "unanswered": "unanswered",
    "unanswered_rate": "rate",
    "no_click_rate": "no click",
    "click_through": "clicked",
    "reads": "read",
    "votes_solved": "solved",
    "votes_unsolved": "not solved",
    "satisfaction": "satisfied",
    "resolution_confirmed": "confirmed",
    "resolution_assumed": "assumed",
    "effort_index": "effort",
}


@click.command()
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True)
@click.option("--by", "step", type=click.Choice(["day", "week"]), default="day", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print all figures as one CSV table.")
@data_option
@models_option
def report(days: int, step: str, as_json: bool, as_csv: bool, **options: Any) -> None:
    """Report what customers asked, whether it helped, and what was done about it."""
    from kb.errors import SearchIndexError
    from kb.insight.report import Step
    from search.searcher import Searcher
    from web.fitting_encoder import fitting_encoder
    from web.printing import print_json
    from web.product_information import make_product_report, product_json
    from web.reports import csv_table, make_report, report_json

    settings = settings_from(**options)
    try:
        searcher = Searcher.open(settings.index_folder, fitting_encoder(settings, say))
    except SearchIndexError:
        searcher = None  # figures are counted all the same; votes then belong to no phase
    with opened_records(**options) as database:
        now = datetime.now(UTC)
        made = make_report(database, searcher, days=days, step=Step(step), now=now)
        products = make_product_report(database, searcher, days=days, now=now)
    figures = report_json(made) | product_json(products)
    if as_json:
        return print_json(figures)
    if as_csv:
        return click.echo(csv_table(figures), nl=False)
    _print(figures)
    _print_products(figures)


def _print(figures: dict[str, Any]) -> None:
    rows = {"all": figures["overall"]}
    rows |= {f"phase {name}": row for name, row in figures["by_phase"].items()}
    rows |= {f"team {name}": row for name, row in figures["by_team"].items()}
    rows |= {f"topic {name}": row for name, row in figures["by_topic"].items()}
    head = f"{figures['since']} to {figures['until']}"
    click.echo(f"{head:26}" + "".join(f"{title:>12}" for title in _COLUMNS.values()))
    for name, row in rows.items():
        click.echo(f"{name:26}" + "".join(f"{_cell(row[one]):>12}" for one in _COLUMNS))
    acted = figures["acted_upon"]
    click.echo(
        f"\n{acted['negative']} negative votes, {acted['fixed']} led to a change"
        f" ({_cell(acted['share'])})"
    )
    for gap in figures["gaps"]:
        click.echo(f"gap #{gap['task']}: asked {gap['asked']} times: {gap['question']}")
    for rule in figures["rules"]:
        click.echo(
            f"rule {rule['document']:45} effort {rule['effort']:5} in {rule['episodes']:5} episodes"
        )
    for row in figures["documents"]:
        click.echo(
            f"{row['document']:50} {row['dissatisfaction']:7} {row['readers']:5} readers"
            f" {row['votes_unsolved']:4} no {row['searches_after_reading']:4} searched on"
            f" {row['contacts_after_reading']:4} wrote"
        )
    click.echo(f"\nDissatisfaction: {figures['dissatisfaction_formula']}.")
    click.echo(f"Effort index: {figures['effort_formula']} ÷ episodes.")
    for name, value in figures["contacts"].items():
        click.echo(f"{name.replace('_', ' '):26}{_cell(value):>12}")


def _print_products(figures: dict[str, Any]) -> None:
    from web.questions import clean_question

    click.echo()
    for kind in figures["product_types"]:
        click.echo(
            f"products {kind['type']:20} {kind['complete']:7} complete,"
            f" {kind['lacking']} of {kind['products']} lack something"
        )
        for one in figures["products"]:
            if one["type"] == kind["type"] and one["lacks"]:
                lacks = ", ".join(one["lacks"])
                click.echo(f"{one['product']:30} {one['complete']:6} lacks {lacks}")
    if figures["product_types"]:
        click.echo(f"Complete: {figures['completeness_formula']}.")
    for one in figures["product_questions"]:
        about = one["product"] or one["type"] or "products"
        question = clean_question(one["question"], len(one["question"]))  # may be a comment
        click.echo(f"asked in vain of {about}: {one['asked']} times: {question}")


def _cell(value: object) -> str:
    return "–" if value is None else str(value)
