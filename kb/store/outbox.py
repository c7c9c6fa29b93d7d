"""The outbox: written with what it tells of, in one transaction, and emptied by any process."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from kb.delivery.jobs import LEASE, Event, Job, JobState, Way, ways_for
from kb.store.database import Database
from kb.store.schema import mails, outbox

_NO_LEASE = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = [column for column in outbox.c if column.name != "lease"]


def put_out(
    connection: Connection,
    case: str,
    event: Event,
    now: datetime,
    available: frozenset[Way],
    message: int = 0,
) -> None:
    """Within the transaction that made the event: let it be told over the available ways."""
    for way in ways_for(event, available):
        _put(connection, event, way, now, case=case, message=message)


def put_out_notice(connection: Connection, mail: int, now: datetime) -> None:
    """Within the transaction that queued this mail: let it be sent, as soon as that can be done."""
    _put(connection, Event.NOTICE, Way.NOTICE, now, mail=mail)


def _put(connection: Connection, event: Event, way: Way, now: datetime, **about: Any) -> None:
    row = {
        "id": secrets.token_hex(16),
        "message": 0,
        "event": event,
        "way": way,
        "state": JobState.WAITING,
        "created": now,
        "due": now,
        "attempts": 0,
        "claim": "",
        "lease": _NO_LEASE,
        "error": "",
    }
    connection.execute(insert(outbox).values({**row, **about}))


def claim_job(database: Database, ways: Iterable[Way], now: datetime) -> Job | None:
    """The job that waits longest, for this process alone until its lease ends; None without one."""
    due = and_(
        outbox.c.state == JobState.WAITING,
        outbox.c.due <= now,
        outbox.c.lease <= now,
        outbox.c.way.in_([str(way) for way in ways]),
    )
    with database.read() as connection:  # looking often must not disturb those who write
        if connection.execute(select(outbox.c.id).where(due).limit(1)).first() is None:
            return None
    claim = secrets.token_hex(16)
    with database.write() as connection:
        oldest = select(outbox.c.id).where(due).order_by(outbox.c.due, outbox.c.id).limit(1)
        job_id = connection.execute(oldest.with_for_update(skip_locked=True)).scalar()
        if job_id is None:
            return None
        taken = {"claim": claim, "lease": now + LEASE, "attempts": outbox.c.attempts + 1}
        connection.execute(update(outbox).where(outbox.c.id == job_id).values(taken))
        row = connection.execute(select(*_COLUMNS).where(outbox.c.id == job_id)).mappings().one()
    return _job(row)


def job_done(database: Database, job: Job) -> bool:
    """Mark a job as sent; False when its lease ended meanwhile and another process has it.

    A notice that was sent is forgotten, with its address.
    """
    if job.mail is None:
        return _ended(database, job, {"state": JobState.SENT, "error": ""})
    mine = select(outbox.c.mail).where(outbox.c.id == job.id, outbox.c.claim == job.claim)
    with database.write() as connection:
        return connection.execute(delete(mails).where(mails.c.id.in_(mine))).rowcount == 1


def job_failed(database: Database, job: Job, error: str, again: datetime | None) -> bool:
    """Let a job wait until `again`, or give it up when that is None; False as above."""
    if again is None:
        return _ended(database, job, {"state": JobState.DEAD, "error": error})
    return _ended(database, job, {"due": again, "error": error})


def _ended(database: Database, job: Job, values: dict[str, Any]) -> bool:
    mine = and_(outbox.c.id == job.id, outbox.c.claim == job.claim)
    with database.write() as connection:
        ended = update(outbox).where(mine).values(claim="", lease=_NO_LEASE, **values)
        return connection.execute(ended).rowcount == 1


def dead_jobs(database: Database) -> list[Job]:
    """What was given up, the oldest first."""
    dead = select(*_COLUMNS).where(outbox.c.state == JobState.DEAD)
    with database.read() as connection:
        rows = connection.execute(dead.order_by(outbox.c.created, outbox.c.id)).mappings()
        return [_job(row) for row in rows]


def revive_dead_jobs(database: Database, now: datetime) -> int:
    """Let everything that was given up be tried again from the beginning; returns how many."""
    again = {"state": JobState.WAITING, "due": now, "attempts": 0}
    with database.write() as connection:
        dead = update(outbox).where(outbox.c.state == JobState.DEAD).values(again)
        return connection.execute(dead).rowcount


def waiting_jobs(database: Database) -> int:
    """How many jobs still wait to be delivered, over whichever way."""
    waiting = select(func.count()).where(outbox.c.state == JobState.WAITING)
    with database.read() as connection:
        return int(connection.execute(waiting).scalar_one())


def _job(row: Any) -> Job:
    return Job(
        **{
            **row,
            "case": row["case"] or "",
            "event": Event(row["event"]),
            "way": Way(row["way"]),
            "state": JobState(row["state"]),
        }
    )
