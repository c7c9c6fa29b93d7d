"""What visitors do, on its way to the records: no visitor waits for a disk."""

import atexit
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from kb.errors import RecordsError
from kb.feedback import Read, Search
from kb.store.database import Database
from kb.store.feedback import add_searches
from kb.store.reads import add_reads
from web.background import Background

FLUSH_EVERY = 1.0  # seconds that a search waits at most before it is written
# The search that led to a page may wait in another process: reads are written when it no longer is.
_SETTLED = timedelta(seconds=2 * FLUSH_EVERY)
_WAITING = 10_000  # of each kind, while the database cannot be written; older ones are dropped
_Entry = TypeVar("_Entry", Search, Read)
_log = logging.getLogger(__name__)


class VisitorLog:
    """Writes searches and reads in the background. Safe for threads.

    What a killed process had not written yet, some seconds' worth, is lost; nobody was told that it
    was kept. The thread starts with the first entry, so after a fork.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._searches: deque[Search] = deque(maxlen=_WAITING)
        self._reads: deque[Read] = deque(maxlen=_WAITING)
        self._writing = threading.Lock()
        self._background: Background | None = None

    def add(self, entry: Search | Read) -> None:
        if isinstance(entry, Search):
            self._searches.append(entry)
        else:
            self._reads.append(entry)
        if self._background is None:
            self._start()

    def flush(self, until: datetime | None = None) -> None:
        """Write what waits, of the reads those up to `until`.

        Raises RecordsError for what cannot be written; it goes on waiting.
        """
        with self._writing:
            self._write(self._searches, add_searches)
            self._write(self._reads, add_reads, until)

    def _write(
        self,
        waiting: deque[_Entry],
        add: Callable[[Database, Iterable[_Entry]], None],
        until: datetime | None = None,
    ) -> None:
        taken: list[_Entry] = []
        while waiting and (until is None or waiting[0].at <= until):
            taken.append(waiting.popleft())
        try:
            add(self._database, taken)
        except Exception:
            while taken and len(waiting) < _WAITING:
                waiting.appendleft(taken.pop())
            raise

    def _start(self) -> None:
        with self._writing:
            if self._background is not None:
                return
            begun = Background("visitor log", self._flush_settled, FLUSH_EVERY)
            with suppress(RuntimeError):  # the system has no thread left; the next entry tries
                begun.start()
                atexit.register(self._finish)
                self._background = begun

    def _flush_settled(self) -> None:
        self.flush(datetime.now(UTC) - _SETTLED)

    def _finish(self) -> None:
        try:
            self.flush()
        except RecordsError as error:
            lost = len(self._searches) + len(self._reads)
            _log.error("%s searches and reads are lost: %s", lost, error)
