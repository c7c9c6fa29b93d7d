"""The one report, for `/admin/insight` and `kb report`: the same numbers in every form."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache

from kb.documents import Kind
from kb.insight.episodes import EFFORT_FORMULA
from kb.insight.figures import Contacts, Counts, Place, Repeats, rounded
from kb.insight.report import Insight, Step, insight
from kb.insight.signals import DISSATISFACTION_FORMULA, Signals
from kb.store.contacts import contacts
from kb.store.database import Database
from kb.store.feedback import searches_since, votes_since
from kb.store.reads import reads_since
from kb.store.tasks import ActedUpon, acted_upon, list_tasks
from kb.tasks import State, Task, TaskKind, by_weight
from search.searcher import Searcher
from web.documents import localized_document, named_document

DEFAULT_DAYS, MOST_DAYS = 30, 366
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets run when a cell begins so

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Report:
    insight: Insight
    gaps: tuple[Task, ...]  # clusters of unanswered questions, the weightiest first
    rules: tuple[Signals, ...]  # articles with a decision table, by the effort around them
    acted: ActedUpon
    made: datetime


def make_report(
    database: Database,
    searcher: Searcher | None,
    *,
    days: int,
    step: Step,
    now: datetime,
) -> Report:
    """The report of the last `days`, today included. Documents belong where `searcher` says."""
    since = datetime.combine(now.date() - timedelta(days=days - 1), time(), UTC)
    live = [state for state in State if state.is_live]
    gaps = list_tasks(database, states=live, kind=TaskKind.GAP)
    figures = insight(
        searches_since(database, since),
        reads_since(database, since),
        votes_since(database, since),
        places_in(searcher),
        until=now.date(),
        days=days,
        step=step,
        now=now,
        contacts=contacts(database, since, now),
    )
    rules = costly_rules(figures.documents, searcher)
    return Report(figures, tuple(by_weight(gaps, now)), rules, acted_upon(database, since), now)


def places_in(searcher: Searcher | None) -> Callable[[str], Place]:
    """Where documents belong, by kind/id; each is looked up once."""

    @cache
    def place_of(document: str) -> Place:
        if searcher is None:
            return Place()
        found = named_document(searcher, document, searcher.site.default_locale)
        if found is None:
            return Place()
        return Place(found.phase, searcher.site.team_of(found.owner_team), found.category)

    return place_of


def costly_rules(documents: Iterable[Signals], searcher: Searcher | None) -> tuple[Signals, ...]:
    """The articles with a decision table that were read, those first whose episodes cost most."""
    if searcher is None:
        return ()
    rules = [one for one in documents if one.episodes and _is_rule(one.document, searcher)]
    return tuple(sorted(rules, key=lambda one: (-one.effort, one.document)))


def _is_rule(document: str, searcher: Searcher) -> bool:
    kind, _, name = document.partition("/")
    if kind != Kind.ARTICLE:
        return False
    number = localized_document(searcher, Kind.ARTICLE, name, searcher.site.default_locale)
    return number is not None and searcher.library.page(number).decision is not None


def report_json(report: Report) -> Json:
    """What `kb report --json` prints. docs/operating.md explains every field."""
    found = report.insight
    return {
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "step": found.step.value,
        "overall": found.overall.figures(),
        "by_phase": _each(found.by_phase.items()),
        "by_team": _each(found.by_team.items()),
        "by_topic": _each(found.by_topic.items()),
        "over_time": _each((day.isoformat(), counts) for day, counts in found.over_time.items()),
        "documents": [_signals(one) for one in found.documents],
        "gaps": [
            {
                "task": task.id,
                "question": task.subject.title,
                "locale": task.subject.locale,
                "team": task.subject.team,
                "asked": len(task.evidence),
            }
            for task in report.gaps
        ],
        "rules": [
            {
                "document": one.document,
                "episodes": one.episodes,
                "effort": one.effort,
                "effort_index": rounded(one.effort_index),
            }
            for one in report.rules
        ],
        "acted_upon": _acted(report.acted),
        "contacts": contact_figures(found.contacts),
        "contacts_by_topic": _repeats("topic", found.contacts.by_topic),
        "contacts_by_document": _repeats("document", found.contacts.by_document),
        "effort_formula": EFFORT_FORMULA,
        "dissatisfaction_formula": DISSATISFACTION_FORMULA,
    }


def contact_figures(contacts: Contacts) -> Json:
    """Deflection, repeats and self-service; null where nothing can be divided."""
    return {
        "contacts": contacts.all.contacts,
        "deflection_explicit": contacts.deflected_explicit,
        "deflection_implicit": contacts.deflected_implicit,
        "repeat_contact_rate": rounded(contacts.all.rate),
        "self_service_score": rounded(contacts.self_service_score),
    }


def report_csv(report: Report) -> str:
    """The report as one table."""
    return csv_table(report_json(report))


def csv_table(report: Json) -> str:
    """One table: table, name, figure, value. Safe to open in a spreadsheet."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(("table", "name", "figure", "value"))
    for row in _rows(report):
        writer.writerow([safe_cell(cell) for cell in row])
    return written.getvalue()


def safe_cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: text that could be one gets a quote."""
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    if isinstance(value, str) and value.startswith(_FORMULAS):
        return f"'{value}"
    return "" if value is None else value


def _rows(report: Json) -> Iterator[tuple[object, ...]]:
    for table, found in report.items():
        if isinstance(found, list):
            yield from _rows_of_list(table, found)
        elif isinstance(found, dict):
            for name, value in found.items():
                if isinstance(value, dict):
                    yield from ((table, name, figure, one) for figure, one in value.items())
                else:
                    yield table, "", name, value
        else:
            yield table, "", "", found


def _rows_of_list(table: str, found: Iterable[Json]) -> Iterator[tuple[object, ...]]:
    """The first field names the row, the others are its figures."""
    for row in found:
        (_, name), *figures = row.items()
        yield from ((table, name, figure, value) for figure, value in figures)


def _each(groups: Iterable[tuple[str, Counts]]) -> Json:
    return {name or "none": counts.figures() for name, counts in groups}


def _signals(one: Signals) -> Json:
    return {
        "document": one.document,
        "readers": one.readers,
        "votes_solved": one.solved,
        "votes_unsolved": one.unsolved,
        "satisfaction": rounded(one.satisfaction),
        "searches_after_reading": one.searched_on,
        "contacts_after_reading": one.contacts,
        "dissatisfaction": rounded(one.dissatisfaction),
    }


def _repeats(what: str, counted: Mapping[str, Repeats]) -> list[Json]:
    return [
        {
            what: name or "none",
            "contacts": one.contacts,
            "repeats": one.repeats,
            "repeat_contact_rate": rounded(one.rate),
        }
        for name, one in counted.items()
    ]


def _acted(acted: ActedUpon) -> Json:
    share = None if acted.share is None else round(acted.share, 4)
    return {
        "negative": acted.negative,
        "in_tasks": acted.in_tasks,
        "fixed": acted.fixed,
        "share": share,
    }
