"""What a server process looks after by itself: records that were away, and forgetting in time."""

import logging
from datetime import UTC, date, datetime

from flask import Flask

from kb.settings import Settings
from kb.staff import SERVER
from kb.store.retention import Limits, retain_daily
from web.background import Background
from web.records import bring_back_records

_log = logging.getLogger(__name__)


class Upkeep:
    """One look after the other, each of them quick unless there is something to do."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._tidied: date | None = None  # the last day whose forgetting is done

    def look(self) -> None:
        """Raises RecordsError as long as the records cannot be used; look again then."""
        found = bring_back_records(self._app, self._settings)
        now = datetime.now(UTC)
        if self._tidied == now.date():
            return
        found.visitors.forget()
        # One process does it, in one transaction. Should that die, the next one that looks does.
        forgotten = retain_daily(found.database, now, Limits.of(self._settings), by=SERVER)
        if forgotten is not None:
            _log.info("forgotten: %s", forgotten)
        self._tidied = now.date()


def start_upkeep(app: Flask, settings: Settings) -> None:
    """Look after the records in the background of this process. Call it after the fork."""
    Background("upkeep", Upkeep(app, settings).look).start()
