"""Emptying the outbox: in the background of each server process, or once for a command."""

import atexit
import logging
import threading
from functools import partial

from flask import Flask, current_app

from kb.delivery.jobs import Way, ways_of
from kb.delivery.rounds import Round, Send, deliver_due
from kb.errors import KbError
from kb.settings import Settings
from kb.store.database import Database
from web.records import records
from web.telling import tell

LOOK_EVERY = 5.0  # seconds between two looks for what is due, unless woken
_ENDING = 10.0  # seconds that what is being sent gets at shutdown
_EXTENSION = "delivery"
_log = logging.getLogger(__name__)


class Sender:
    """Sends what is due, in a thread of its own. Start it after a fork, not before.

    Every server process has one; the outbox sees to it that each job is sent by one of them.
    """

    def __init__(
        self, database: Database, ways: frozenset[Way], send: Send, *, attempts: int
    ) -> None:
        self._deliver = partial(
            deliver_due, database, ways, send, attempts=attempts, go_on=self._goes_on
        )
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)
        self._trouble = ""

    def start(self) -> None:
        self._thread.start()
        atexit.register(self.stop)

    def wake(self) -> None:
        """Something new is due."""
        self._wake.set()

    def stop(self) -> None:
        """End after what is being sent now; what takes too long is left to another process."""
        self._ending.set()
        self._wake.set()
        self._thread.join(_ENDING)

    def _goes_on(self) -> bool:
        return not self._ending.is_set()

    def _run(self) -> None:
        while self._goes_on():
            self._wake.clear()
            self._look()
            self._wake.wait(LOOK_EVERY)

    def _look(self) -> None:
        try:
            self._deliver()
        except KbError as error:
            if str(error) != self._trouble:
                _log.error("what is due cannot be delivered: %s", error)
            self._trouble = str(error)
        else:
            self._trouble = ""


def start_delivery(app: Flask, settings: Settings) -> None:
    """Send in the background of this process, where there is a way to send and something to read.

    Call it after the fork.
    """
    ways = ways_of(settings)
    with app.app_context():
        try:
            database = records().database
        except KbError:
            return  # told already when the records were found unusable
    if ways:
        sender = Sender(
            database, ways, partial(tell, app, settings), attempts=settings.delivery_attempts
        )
        app.extensions[_EXTENSION] = sender
        sender.start()


def wake_delivery() -> None:
    """Let what was just put into the outbox be sent at once, if this process sends."""
    sender: Sender | None = current_app.extensions.get(_EXTENSION)
    if sender:
        sender.wake()


def deliver_now(app: Flask, settings: Settings) -> Round:
    """Deliver all that is due. Raises RecordsError when there are no records to read."""
    with app.app_context():
        database = records().database
    send = partial(tell, app, settings)
    return deliver_due(database, ways_of(settings), send, attempts=settings.delivery_attempts)
