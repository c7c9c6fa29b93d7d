"""Emptying the outbox: in the background of each server process, or once for a command."""

from collections.abc import Callable
from functools import partial

from flask import Flask, current_app

from kb.delivery.jobs import ways_of
from kb.delivery.rounds import Round, deliver_due
from kb.settings import Settings
from web.background import Background
from web.records import has_records, records
from web.telling import tell

_EXTENSION = "delivery"


def start_delivery(app: Flask, settings: Settings) -> None:
    """Send in the background of this process, where there is a way to send.

    Call it after the fork. Every server process does; the outbox sees to it that each job is sent
    by one of them.
    """
    if not ways_of(settings):
        return

    def deliver() -> None:
        with app.app_context():
            if has_records():
                deliver_now(app, settings, sender.goes_on)

    sender = Background("delivery", deliver)
    app.extensions[_EXTENSION] = sender
    sender.start()


def wake_delivery() -> None:
    """Let what was just put into the outbox be sent at once, if this process sends."""
    sender: Background | None = current_app.extensions.get(_EXTENSION)
    if sender:
        sender.wake()


def deliver_now(app: Flask, settings: Settings, go_on: Callable[[], bool] = lambda: True) -> Round:
    """Deliver all that is due, as long as `go_on` says so.

    Raises RecordsError when there are no records to read.
    """
    with app.app_context():
        database = records().database
    send, attempts = partial(tell, app, settings), settings.delivery_attempts
    return deliver_due(database, ways_of(settings), send, attempts=attempts, go_on=go_on)
