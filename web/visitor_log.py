"""What visitors do, on its way to the records: no visitor waits for a disk."""

import atexit
import logging
import threading
from collections import deque
from datetime import UTC, datetime, timedelta

from kb.errors import RecordsError
from kb.feedback import Read, Search
from kb.store.database import Database
from kb.store.feedback import add_searches
from kb.store.reads import add_reads

FLUSH_EVERY = 1.0  # seconds that a search waits at most before it is written
# The search that led to a page may wait in another process: reads are written when it no longer is.
_SETTLED = timedelta(seconds=2 * FLUSH_EVERY)
_WAITING = 10_000  # of each kind, while the database cannot be written; older ones are dropped
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
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble = False

    def add(self, entry: Search | Read) -> None:
        if isinstance(entry, Search):
            self._searches.append(entry)
        else:
            self._reads.append(entry)
        if self._thread is None:
            self._start()

    def flush(self, until: datetime | None = None) -> None:
        """Write what waits, of the reads those up to `until`; what cannot be written goes on
        waiting."""
        with self._writing:
            searches = [self._searches.popleft() for _ in range(len(self._searches))]
            reads: list[Read] = []
            while self._reads and (until is None or self._reads[0].at <= until):
                reads.append(self._reads.popleft())
            try:
                add_searches(self._database, searches)
                add_reads(self._database, reads)
            except RecordsError as error:
                self._searches.extendleft(reversed(searches))
                self._reads.extendleft(reversed(reads))
                if not self._trouble:
                    _log.error("searches and reads wait to be written: %s", error)
                self._trouble = True
            else:
                self._trouble = False

    def _start(self) -> None:
        with self._writing:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="visitor-log", daemon=True)
                self._thread.start()
                atexit.register(self.flush)

    def _run(self) -> None:
        while not self._wake.wait(FLUSH_EVERY):
            self.flush(datetime.now(UTC) - _SETTLED)
