"""Forgetting in time: what visitors typed is kept as it was for some weeks, and no longer."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from kb.cases import CaseState
from kb.delivery.jobs import JobState
from kb.settings import Settings
from kb.staff import COMMAND_LINE
from kb.store.conflicts import one_at_a_time
from kb.store.database import IDS, Database
from kb.store.schema import (
    audit,
    cases,
    evidence,
    login_attempts,
    mails,
    messages,
    outbox,
    reads,
    salts,
    searches,
    subscriptions,
    tasks,
    votes,
)
from kb.store.staff import note
from kb.subscriptions import Progress
from kb.tasks import Source, State, TaskKind

UNCONFIRMED = timedelta(days=7)  # that an address nobody confirmed is kept
AFTER_MAIL = timedelta(days=30)  # that one is kept after its mail, so that its links work
_ACTION = "records.retain"  # in the audit log
_LOCK = 0x6B64  # of PostgreSQL's advisory locks


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much one run forgot."""

    questions: int  # of searches; the searches stay, to be counted
    comments: int
    tasks: int  # whose question was forgotten with its searches
    addresses: int
    cases: int  # whose texts, packet and customer were forgotten; topics and dates stay
    reads: int  # whose time in sight was forgotten; that they happened stays, to be counted

    def __str__(self) -> str:
        return (
            f"questions {self.questions}, comments {self.comments}, titles of tasks {self.tasks},"
            f" addresses {self.addresses}, texts of cases {self.cases}, times of reads {self.reads}"
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """How long what is remembered."""

    searches_days: int  # questions as they were asked
    least_visitors: int  # of a day, that must have asked an older question for it to stay
    comments_days: int
    cases_days: int  # texts and customers, from the last change on

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        return cls(
            searches_days=settings.retain_searches,
            least_visitors=settings.retain_least,
            comments_days=settings.retain_comments,
            cases_days=settings.retain_cases,
        )


def retain(database: Database, now: datetime, limits: Limits, by: str = COMMAND_LINE) -> Forgotten:
    """Forget what is older than it may be; running it again changes nothing.

    Of the older questions only those stay that enough visitors asked in the same words. Cases that
    do not wait for their team count from their last change.
    """
    with database.write() as connection:
        return _forget(connection, now, limits, by)


def retain_daily(database: Database, now: datetime, limits: Limits, by: str) -> Forgotten | None:
    """The same, unless it has been done since midnight UTC, by anybody; None then.

    The audit log, written in the same transaction, remembers that it was done.
    """
    with database.read() as connection:
        if _is_done(connection, now):
            return None
    with database.write() as connection:
        one_at_a_time(connection, _LOCK)
        return None if _is_done(connection, now) else _forget(connection, now, limits, by)


def _is_done(connection: Connection, now: datetime) -> bool:
    """A later day's line was written by a clock that ran ahead: it says nothing of this day."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = audit.c.at >= midnight, audit.c.at < midnight + timedelta(days=1)
    done = select(audit.c.id).where(*today, audit.c.action == _ACTION)
    return connection.execute(done.limit(1)).first() is not None


def _forget(connection: Connection, now: datetime, limits: Limits, by: str) -> Forgotten:
    old = now - timedelta(days=limits.searches_days)
    questions = _forget_questions(connection, old, limits.least_visitors)
    times = _forget_trails(connection, old)
    titles = _forget_tasks(connection, old, limits.least_visitors)
    silent = votes.c.at < now - timedelta(days=limits.comments_days)
    comments = connection.execute(
        update(votes).where(silent, votes.c.comment != "").values(comment="")
    ).rowcount
    addresses = _forget_addresses(connection, now)
    forgotten = _forget_cases(connection, now - timedelta(days=limits.cases_days))
    connection.execute(delete(login_attempts).where(login_attempts.c.at < now - timedelta(days=1)))
    connection.execute(delete(salts).where(salts.c.day < now.astimezone(UTC).date()))
    done = Forgotten(questions, comments, titles, addresses, forgotten, times)
    note(connection, by, _ACTION, str(done), at=now)
    return done


def _forget_questions(connection: Connection, old: datetime, least: int) -> int:
    """Visitors have another name every day, so different names are visitor-days."""
    asked = searches.c.question != ""
    visitors: dict[tuple[str, str], set[str]] = defaultdict(set)
    query = select(searches.c.locale, searches.c.question, searches.c.visitor).where(asked)
    for locale, question, visitor in connection.execute(query).all():
        visitors[locale, _folded(question)].add(visitor)
    rare = {said for said, names in visitors.items() if len(names) < least}
    stale = select(searches.c.query_id, searches.c.locale, searches.c.question).where(
        asked, searches.c.at < old
    )
    gone = [
        query_id
        for query_id, locale, question in connection.execute(stale)
        if (locale, _folded(question)) in rare
    ]
    for start in range(0, len(gone), IDS):
        some = searches.c.query_id.in_(gone[start : start + IDS])
        connection.execute(update(searches).where(some).values(question=""))
    return len(gone)


def _forget_trails(connection: Connection, old: datetime) -> int:
    """How long somebody read, and what else a search showed them: no figure needs either."""
    shown = update(searches).where(searches.c.at < old, searches.c.shown != "")
    connection.execute(shown.values(shown=""))
    timed = update(reads).where(reads.c.at < old, reads.c.seconds > 0)
    return connection.execute(timed.values(seconds=0)).rowcount


def _forget_tasks(connection: Connection, old: datetime, least: int) -> int:
    """Questions that stand in tasks: kept once an editor took the task on, or enough asked it, and
    where staff wrote them, from cases."""
    count = func.count(evidence.c.visitor.distinct())
    often = (
        select(evidence.c.task)
        .where(evidence.c.visitor != "")
        .group_by(evidence.c.task)
        .having(count >= least)
    )
    of_cases = select(evidence.c.task).where(evidence.c.source == Source.CASE.value)
    kinds = [TaskKind.GAP.value, TaskKind.QUESTION.value]
    untaken = [State.OPEN.value, State.DISMISSED.value]
    changed = connection.execute(
        update(tasks)
        .where(
            tasks.c.kind.in_(kinds),
            tasks.c.title != "",
            tasks.c.state.in_(untaken),
            tasks.c.opened < old,
            tasks.c.id.not_in(often),
            tasks.c.id.not_in(of_cases),
        )
        .values(title="", state=State.DISMISSED.value)
    )
    return changed.rowcount


def _forget_addresses(connection: Connection, now: datetime) -> int:
    asked = subscriptions.c.state == Progress.ASKED.value
    told = subscriptions.c.state.in_([Progress.TOLD.value, Progress.SOLVED.value])
    unconfirmed = delete(subscriptions).where(asked, subscriptions.c.asked < now - UNCONFIRMED)
    done = delete(subscriptions).where(told, subscriptions.c.changed < now - AFTER_MAIL)
    waiting = select(outbox.c.mail).where(
        outbox.c.mail.is_not(None), outbox.c.state == JobState.WAITING
    )
    given_up = mails.c.queued < now - AFTER_MAIL, mails.c.id.not_in(waiting)
    connection.execute(delete(mails).where(*given_up))
    return connection.execute(unconfirmed).rowcount + connection.execute(done).rowcount


def _forget_cases(connection: Connection, old: datetime) -> int:
    """All that tells of the customer, in the case, its messages, and what could still be sent."""
    over = select(cases.c.number).where(
        cases.c.state != CaseState.OPEN, cases.c.changed < old, cases.c.email != ""
    )
    connection.execute(delete(outbox).where(outbox.c.case.in_(over)))
    connection.execute(update(messages).where(messages.c.case.in_(over)).values(text=""))
    nobody = {"email": "", "email_key": "", "name": "", "order_number": "", "packet": "[]"}
    return connection.execute(update(cases).where(cases.c.number.in_(over)).values(nobody)).rowcount


def _folded(question: str) -> str:
    return " ".join(question.casefold().split())
