"""`kb deliver`: the outbox from the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from kb.delivery.jobs import ways_of
from kb.delivery.rounds import Round
from kb.errors import RecordsError, SettingsError
from kb.settings import Settings
from kb.store.database import Database, is_current
from kb.store.outbox import dead_jobs, revive_dead_jobs
from web.app import create_app
from web.delivery import deliver_now
from web.live import LiveSearcher
from web.records import records_database


def deliver_once(settings: Settings, *, retry: bool) -> Round:
    """Deliver what is due; with `retry` what was given up, too.

    Raises SettingsError when there is no way to deliver, RecordsError when there are no records,
    NoGeneration when nothing was published: the teams' addresses are in there.
    """
    if not ways_of(settings):
        raise SettingsError("Nothing can be delivered: set smtp_host or webhook_url.")
    with _records(settings) as database:
        if retry:
            revive_dead_jobs(database, datetime.now(UTC))
    live = LiveSearcher(settings.index_folder, lambda: None)
    try:
        live.current()
        return deliver_now(create_app(settings, live), settings)
    finally:
        live.close()


def print_dead(settings: Settings) -> None:
    """One line for each job that was given up: when, of which case or notice, how, and why."""
    with _records(settings) as database:
        dead = dead_jobs(database)
    for job in dead:
        when = job.created.isoformat(timespec="minutes")
        click.echo(f"{when}  {job.about}: {job.error}")
    click.echo(f"{len(dead)} given up.", err=True)


@contextmanager
def _records(settings: Settings) -> Iterator[Database]:
    database = records_database(settings)
    try:
        if not is_current(database):
            raise RecordsError("There are no records of this version yet; start `kb serve` once.")
        yield database
    finally:
        database.close()
