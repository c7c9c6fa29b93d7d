"""Emptying the outbox, one job after the other. Any number of processes may do it at once."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from kb.delivery.jobs import Job, Way, pause_after
from kb.errors import DeliveryError, RecordsError, Undeliverable
from kb.store.database import Database
from kb.store.outbox import claim_job, job_done, job_failed

_log = logging.getLogger(__name__)

# Called by `deliver_due` with a job that this process has claimed. Returns when it was delivered;
# raises DeliveryError when it was not, Undeliverable when it never will be.
Send = Callable[[Job], None]


@dataclass(frozen=True, slots=True)
class Round:
    sent: int
    failed: int  # and waiting for another try
    dead: int  # given up


def deliver_due(
    database: Database,
    ways: frozenset[Way],
    send: Send,
    *,
    attempts: int,
    go_on: Callable[[], bool] = lambda: True,
) -> Round:
    """Deliver all that is due, until nothing is or `go_on` says no.

    Each job is sent by one process alone and then marked. Should a process die after a server took
    a job and before it was marked, the job is sent again when its lease has ended, under the same
    id: at least once, and exactly once wherever the other side drops an id it has seen.
    """
    sent = failed = dead = 0
    while go_on() and (job := claim_job(database, ways, datetime.now(UTC))):
        outcome = _tried(database, job, send, attempts)
        sent += outcome == "sent"
        failed += outcome == "failed"
        dead += outcome == "dead"
    return Round(sent, failed, dead)


def _tried(database: Database, job: Job, send: Send, attempts: int) -> str:
    try:
        send(job)
    except RecordsError:
        raise  # nothing is wrong with the job
    except Exception as error:  # one job that cannot be told must not hold up the others
        return _failed(database, job, error, attempts)
    job_done(database, job)
    return "sent"


def _failed(database: Database, job: Job, error: Exception, attempts: int) -> str:
    unforeseen = not isinstance(error, DeliveryError)
    reason = type(error).__name__ if unforeseen else str(error)
    is_last = isinstance(error, Undeliverable) or job.attempts >= attempts
    again = None if is_last else datetime.now(UTC) + pause_after(job.attempts)
    job_failed(database, job, reason, again)
    _log.log(
        logging.ERROR if is_last else logging.WARNING,
        "%s, attempt %d: %s%s",
        job.about,
        job.attempts,
        reason,
        " Given up; `kb deliver --dead` lists it." if is_last else "",
        exc_info=error if unforeseen else None,
    )
    return "dead" if is_last else "failed"
