"""The evidence behind the figures of insight: searches, pages read, and votes.

Filters stand in the address; what they do not know finds nothing.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from operator import attrgetter
from typing import Any, TypeAlias, TypeVar

from flask import Blueprint, current_app, request

from kb.feedback import Read, Search, Vote
from kb.insight.episodes import Episode, Event, episodes
from kb.insight.figures import ANSWERED
from kb.insight.report import place_of_event
from kb.insight.signals import reads_before_contact, searches_after_reading
from kb.settings import Settings
from kb.store.contacts import contacts
from kb.store.feedback import searches_of, searches_since, votes_since
from kb.store.reads import reads_since
from web.admin import published, render_admin
from web.insight_pages import topic_title
from web.paging import Page, page_among
from web.records import records
from web.reports import places_in
from web.staff import ROOM, staff_only

evidence_pages = Blueprint("evidence", __name__, url_prefix=f"{ROOM}/insight")

_SPECIAL = ("after", "wrote")  # filters that are no field of a row

_Row = TypeVar("_Row", Search, Read, Vote)
_Fields: TypeAlias = dict[str, Callable[[Any], str]]


@evidence_pages.get("/searches")
@staff_only()
def searches() -> str:
    """The searches behind a figure; filters stand in the address."""
    if "after" in request.args:
        after = request.args["after"]
        found = [one for page, one in searches_after_reading(_episodes()) if page == after]
    else:
        found = _between(searches_since(records().database, _since()))
    touched = _touched() if "touched" in request.args else set()
    fields: _Fields = {
        "status": attrgetter("status"),
        "locale": attrgetter("locale"),
        "site": lambda one: _yes(one.channel.leads_to_pages),
        "answered": lambda one: _yes(one.status == ANSWERED),
        "touched": lambda one: _yes(one.query_id in touched),
    }
    return _evidence("searches.html", _page(found, fields), fields)


@evidence_pages.get("/votes")
@staff_only()
def votes() -> str:
    """The votes behind a figure; filters stand in the address."""
    found = _between(votes_since(records().database, _since()))
    fields: _Fields = {
        "document": attrgetter("document"),
        "solved": lambda vote: _yes(vote.solved),
    }
    return _evidence("votes.html", _page(found, fields), fields)


@evidence_pages.get("/reads")
@staff_only()
def reads() -> str:
    """The reads behind a figure; filters stand in the address."""
    if request.args.get("wrote") == "yes":
        found = sorted(reads_before_contact(_episodes()), key=attrgetter("at"))
    else:
        found = _between(reads_since(records().database, _since()))
    on_site = _on_site(found) if "clicked" in request.args else set()
    fields: _Fields = {
        "document": attrgetter("document"),
        "clicked": lambda one: _yes(one.query_id in on_site),
    }
    page = _page(found, fields)
    return _evidence("reads.html", page, fields, led_by=_led_by(page.rows))


def _page(found: list[_Row], fields: _Fields) -> Page[_Row]:
    """A page of the rows whose fields are what the address asks for, the newest first; an empty
    value is asked for, too."""
    tests = [(of, request.args[name]) for name, of in _all(fields).items() if name in request.args]
    found = [one for one in found if all(of(one) == wanted for of, wanted in tests)]
    return page_among(found[::-1])


def _evidence(template: str, page: Page[_Row], fields: _Fields, **values: object) -> str:
    since, until = _day("from", date.min), _day("to", date.max)
    is_bounded = since > date.min and until < date.max
    settings: Settings = current_app.config["SETTINGS"]
    asked_for = {*_SPECIAL, *_all(fields)} & request.args.keys()
    return render_admin(
        template,
        page=page,
        chosen={name: request.args[name] for name in asked_for},
        span=(since.isoformat(), until.isoformat()) if is_bounded else None,
        kept_days=settings.retain_searches,
        topic_title=topic_title,
        **values,
    )


def _all(fields: _Fields) -> _Fields:
    """The fields of a row, and where it belongs."""
    place_of = places_in(published())

    def named(name: str) -> Callable[[Any], str]:
        return lambda one: str(getattr(place_of_event(one, place_of), name))

    return fields | {name: named(name) for name in ("phase", "team", "topic")}


def _led_by(found: Iterable[Read]) -> dict[str, Search]:
    """The searches that led to pages, by their ids."""
    names = {one.query_id for one in found if one.query_id}
    return searches_of(records().database, sorted(names))


def _on_site(found: Iterable[Read]) -> set[str]:
    """The searches on the site that led to pages."""
    return {name for name, one in _led_by(found).items() if one.channel.leads_to_pages}


def _episodes() -> list[Episode]:
    """The episodes of the days in the address."""
    database, since = records().database, _since()
    events: list[Event] = [
        *_between(searches_since(database, since)),
        *_between(reads_since(database, since)),
        *_between(votes_since(database, since)),
    ]
    return episodes(events, contacts(database, since, datetime.now(UTC)).writers)


def _touched() -> set[str]:
    """The searches after which something was opened or said."""
    database, since = records().database, _since()
    opened = {one.query_id for one in _between(reads_since(database, since))}
    return opened | {one.query_id for one in _between(votes_since(database, since))}


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _since() -> datetime:
    return datetime.combine(_day("from", date.min), time(), UTC)


def _between(found: list[_Row]) -> list[_Row]:
    until = _day("to", date.max)
    return [one for one in found if one.at.date() <= until]


def _day(name: str, usual: date) -> date:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return usual
