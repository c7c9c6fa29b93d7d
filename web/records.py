"""The records in the web application: one database a process, and what visitors do on its way
there."""

import logging
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask import Flask, current_app, g, request

from kb.documents import Document
from kb.errors import RecordsError
from kb.feedback import LISTED, MOST_SHOWN, Channel, Read, Search
from kb.masking import masked
from kb.settings import Settings
from kb.store.database import Database, is_current, make_current
from kb.store.visitors import Visitors
from search.results import AnswerResult, SearchResult
from web.visitor_log import VisitorLog

VISITOR_HEADER = "Visitor"  # a header and no parameter: addresses end up in logs of proxies
_LONGEST_VISITOR = 100  # characters
_BOT = re.compile(r"bot\b|bot/|crawl|spider|slurp|preview|scrap|curl/|wget/|python-", re.IGNORECASE)
_EXTENSION = "records"
_log = logging.getLogger(__name__)


class Records:
    """What the views need to write and read records."""

    def __init__(self, settings: Settings) -> None:
        self.database = records_database(settings)
        self.visitors = Visitors(self.database)
        self.log = VisitorLog(self.database)


def records_database(settings: Settings) -> Database:
    """The database of this installation. Raises RecordsError when its address is not valid."""
    if settings.database_url:
        return Database(settings.database_url.get_secret_value())
    return Database.in_folder(settings.data)


def keep_records(app: Flask, settings: Settings) -> None:
    """Let `records()` work in the requests of this application, if they can be used by now.

    Everything else works without them: visitors search and read, and are not asked for a vote.
    """
    app.extensions[_EXTENSION] = None
    with suppress(RecordsError):  # whoever serves calls `bring_back_records`, which says why
        found = Records(settings)
        if is_current(found.database):
            app.extensions[_EXTENSION] = found


def bring_back_records(app: Flask, settings: Settings) -> Records:
    """The records of this application, which are made usable first if they are not yet.

    Not for requests: it may wait for a database that is away. Raises RecordsError when it still is.
    """
    known: Records | None = app.extensions[_EXTENSION]
    if known is not None:
        return known
    found = Records(settings)
    try:
        make_current(found.database)
    except RecordsError:
        found.database.close()
        raise
    app.extensions[_EXTENSION] = found
    _log.info("the records can be used; visitors are asked for votes and messages")
    return found


def has_records() -> bool:
    """Whether there are records that can be used."""
    return current_app.extensions[_EXTENSION] is not None


def records() -> Records:
    """The records, where there are any that can be used; else raises RecordsError."""
    found: Records | None = current_app.extensions[_EXTENSION]
    if found is None:
        raise RecordsError()
    return found


def visitor() -> str:
    """The name of this request's visitor, for today."""
    if "visitor" not in g:
        browser = request.headers.get("User-Agent", "")
        g.visitor = records().visitors.name(request.remote_addr or "", browser)
    name: str = g.visitor
    return name


def visitor_called(named: str) -> str:
    """Programs speak with many people: the name for today of the one whom a program names so.

    Without a name it is the program itself.
    """
    if not named:
        return visitor()
    return records().visitors.name(request.remote_addr or "", named[:_LONGEST_VISITOR])


def is_person() -> bool:
    """False for crawlers, and for browsers that fetch pages nobody opened yet."""
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose", "")
    return "prefetch" not in purpose and not _BOT.search(request.headers.get("User-Agent", ""))


def note_answer(
    query_id: str, channel: Channel, found: AnswerResult, shown: Iterable[Document]
) -> None:
    """Remember that this was asked, what came of it, and the documents it led to, from the top."""
    if channel.leads_to_pages and not is_person():
        return
    about = found.about
    _note_search(
        query_id,
        channel,
        found.search,
        shown,
        status=found.status.value,
        confidence=round(found.confidence, 4),
        document=about.name if about else "",
        phase=about.phase if about else "",
        team=found.handover_team,
    )


def note_list(query_id: str, found: SearchResult) -> None:
    """Remember a search of a person whom a program names; one for itself is nobody's question.

    Nobody judged whether it was answered.
    """
    if not request.headers.get(VISITOR_HEADER):
        return
    shown = [hit.document for hit in found.hits]
    _note_search(
        query_id,
        Channel.API,
        found,
        shown,
        status=LISTED,
        confidence=0.0,
        document=shown[0].name if shown else "",
        phase=shown[0].phase if shown else "",
        team="",
    )


def note_read(document: Document, locale: str) -> None:
    """Remember that a person opened a page. Call it where there are records."""
    try:
        read = Read(visitor(), datetime.now(UTC), document.name, locale)
    except RecordsError as error:
        _log.error("a read is not remembered: %s", error)
    else:
        records().log.add(read)


def _note_search(
    query_id: str,
    channel: Channel,
    found: SearchResult,
    shown: Iterable[Document],
    **outcome: Any,
) -> None:
    """Never in the visitor's way."""
    if not has_records():
        return
    named = request.headers.get(VISITOR_HEADER, "") if channel is Channel.API else ""
    try:
        name = visitor_called(named)
    except RecordsError as error:
        _log.error("a search is not remembered: %s", error)
        return
    names = dict.fromkeys(document.name for document in shown)
    records().log.add(
        Search(
            query_id=query_id,
            at=datetime.now(UTC),
            visitor=name,
            channel=channel,
            locale=found.locale,
            question=masked(found.query),
            shown=tuple(names)[:MOST_SHOWN],
            **outcome,
        )
    )
