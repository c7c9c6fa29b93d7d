"""The records in the web application: one database a process, and searches on their way to it."""

import atexit
import logging
import re
import threading
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime

from flask import Flask, current_app, g, request

from kb.errors import RecordsError
from kb.feedback import Channel, Search
from kb.masking import masked
from kb.settings import Settings
from kb.store.database import Database, is_current
from kb.store.feedback import add_searches
from kb.store.migrate import migrate
from kb.store.visitors import Visitors
from search.results import AnswerResult

FLUSH_EVERY = 1.0  # seconds that a search waits at most before it is written
_WAITING = 10_000  # searches kept while the database cannot be written; older ones are dropped
_BOT = re.compile(r"bot\b|bot/|crawl|spider|slurp|preview|scrap|curl/|wget/|python-", re.IGNORECASE)
_EXTENSION = "records"
_log = logging.getLogger(__name__)


class SearchLog:
    """Writes searches in the background: no visitor waits for a disk. Safe for threads.

    What a killed process had not written yet, a second's worth, is lost; nobody was told that it
    was kept. The thread starts with the first search, so after a fork.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[Search] = deque(maxlen=_WAITING)
        self._writing = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble = False

    def add(self, search: Search) -> None:
        self._waiting.append(search)
        if self._thread is None:
            self._start()

    def flush(self) -> None:
        """Write what waits; what cannot be written goes on waiting."""
        with self._writing:
            batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
            try:
                add_searches(self._database, batch)
            except RecordsError as error:
                self._waiting.extendleft(reversed(batch))
                if not self._trouble:
                    _log.error("searches wait to be written: %s", error)
                self._trouble = True
            else:
                self._trouble = False

    def _start(self) -> None:
        with self._writing:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="search-log", daemon=True)
                self._thread.start()
                atexit.register(self.flush)

    def _run(self) -> None:
        while not self._wake.wait(FLUSH_EVERY):
            self.flush()


class Records:
    """What the views need to write and read records."""

    def __init__(self, settings: Settings) -> None:
        self.database = records_database(settings)
        self.visitors = Visitors(self.database)
        self.searches = SearchLog(self.database)


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
        migrate(found.database)
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


def is_person() -> bool:
    """False for crawlers, and for browsers that fetch pages nobody opened yet."""
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose", "")
    return "prefetch" not in purpose and not _BOT.search(request.headers.get("User-Agent", ""))


def note_search(query_id: str, channel: Channel, found: AnswerResult) -> None:
    """Remember that this was asked and what came of it; never in the visitor's way."""
    if not has_records():
        return
    if channel is Channel.SITE and not is_person():
        return
    about = found.about
    try:
        name = visitor()
    except RecordsError as error:
        _log.error("a search is not remembered: %s", error)
        return
    records().searches.add(
        Search(
            query_id=query_id,
            at=datetime.now(UTC),
            visitor=name,
            channel=channel,
            locale=found.search.locale,
            question=masked(found.search.query),
            status=found.status.value,
            confidence=round(found.confidence, 4),
            document=f"{about.kind}/{about.id}" if about else "",
            phase=about.phase if about else "",
            team=found.handover_team,
        )
    )
