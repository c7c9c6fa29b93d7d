"""Who wants to hear of a fix, and the mails that tell them."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, String, cast, delete, func, or_, select, update

from kb.feedback import Vote
from kb.mail import Mail
from kb.store.conflicts import inserting
from kb.store.database import Database
from kb.store.feedback import vote_from
from kb.store.mails import queue_mail
from kb.store.schema import evidence, subscriptions, tasks, votes
from kb.subscriptions import Progress, Subscription
from kb.tasks import Source, State

Letter = Callable[[Subscription, Vote], Mail]

# A form that anybody can fill in must not fill somebody's mailbox.
MOST_A_DAY_TO_ADDRESS, MOST_A_DAY_BY_VISITOR = 3, 5


def subscribe(
    database: Database, vote: Vote, email: str, consent: str, letter: Letter, now: datetime
) -> None:
    """Remember the wish and ask its owner to confirm; nothing happens a second time.

    Nothing happens either without such a vote, or when too many mails were asked for today: who
    asks learns nothing about an address.
    """
    with database.write() as connection:
        number = _vote_number(connection, vote)
        if number is None or _too_many(connection, email, vote.visitor, now):
            return
        found = Subscription(
            id=secrets.token_hex(16),
            email=email,
            visitor=vote.visitor,
            locale=vote.locale,
            vote=number,
            state=Progress.ASKED,
            consent=consent,
            round=0,
            asked=now,
            changed=now,
        )
        added = inserting(connection, subscriptions).values(_row(found)).on_conflict_do_nothing()
        if connection.execute(added.returning(subscriptions.c.id)).scalar() is not None:
            queue_mail(connection, letter(found, vote))


def find_subscription(database: Database, name: str) -> tuple[Subscription, Vote] | None:
    """The subscription of this id and the vote it is about; None when it is gone."""
    with database.read() as connection:
        return _find(connection, name)


def listeners(database: Database, task: int) -> dict[Progress, int]:
    """How many who complained want to hear of a task's fix, by how far it is with them; addresses
    that nobody confirmed are left out.
    """
    mine = select(evidence.c.reference).where(
        evidence.c.task == task, evidence.c.source == Source.VOTE.value
    )
    query = (
        select(subscriptions.c.state, func.count())
        .where(cast(subscriptions.c.vote, String).in_(mine))
        .where(subscriptions.c.state != Progress.ASKED.value)
        .group_by(subscriptions.c.state)
    )
    with database.read() as connection:
        return {Progress(state): count for state, count in connection.execute(query).all()}


def confirm(database: Database, name: str, letter: Letter) -> None:
    """The owner of the address agrees. When it is fixed already, they are told now."""
    with database.write() as connection:
        _move(connection, name, (Progress.ASKED,), Progress.CONFIRMED)
        tell_of_fixes(connection, letter)


def unsubscribe(database: Database, name: str) -> None:
    """Forget the address."""
    with database.write() as connection:
        connection.execute(delete(subscriptions).where(subscriptions.c.id == name))


def solved(database: Database, name: str) -> None:
    """The owner says that the fix helped."""
    with database.write() as connection:
        _move(connection, name, (Progress.TOLD,), Progress.SOLVED)


def reopen(database: Database, name: str) -> None:
    """The owner says that it did not: its tasks open again, and the next fix is told again."""
    with database.write() as connection:
        if not _move(connection, name, (Progress.TOLD, Progress.SOLVED), Progress.CONFIRMED):
            return
        own = subscriptions.c.id == name
        again = update(subscriptions).where(own).values(round=subscriptions.c.round + 1)
        connection.execute(again)
        vote = select(cast(subscriptions.c.vote, String)).where(own)
        about = select(evidence.c.task).where(
            evidence.c.source == Source.VOTE.value, evidence.c.reference.in_(vote)
        )
        connection.execute(
            update(tasks)
            .where(tasks.c.id.in_(about), tasks.c.state == State.DONE.value)
            .values(state=State.OPEN.value, changed=datetime.now(UTC))
        )


def tell_of_fixes(connection: Connection, letter: Letter) -> int:
    """Queue a mail to everybody who waits for a task that is done; returns how many."""
    fixed = (
        select(evidence.c.reference)
        .select_from(evidence.join(tasks))
        .where(evidence.c.source == Source.VOTE.value, tasks.c.state == State.DONE.value)
    )
    waiting = select(subscriptions.c.id).where(
        subscriptions.c.state == Progress.CONFIRMED.value,
        cast(subscriptions.c.vote, String).in_(fixed),
    )
    names = connection.execute(waiting).scalars().all()
    for name in names:
        found = _find(connection, name)
        if found:
            queue_mail(connection, letter(*found))
            _move(connection, name, (Progress.CONFIRMED,), Progress.TOLD)
    return len(names)


def _find(connection: Connection, name: str) -> tuple[Subscription, Vote] | None:
    row = connection.execute(select(subscriptions).where(subscriptions.c.id == name)).mappings()
    found = row.one_or_none()
    if found is None:
        return None
    about = connection.execute(select(votes).where(votes.c.id == found["vote"])).mappings().one()
    return _read(found), vote_from(about)


def _move(connection: Connection, name: str, before: tuple[Progress, ...], after: Progress) -> bool:
    """Whether the subscription was in one of these states and now is in the other."""
    states = [state.value for state in before]
    moved = update(subscriptions).where(
        subscriptions.c.id == name, subscriptions.c.state.in_(states)
    )
    done = connection.execute(moved.values(state=after.value, changed=datetime.now(UTC)))
    return bool(done.rowcount)


def _vote_number(connection: Connection, vote: Vote) -> int | None:
    """Id of this visitor's vote of the day, if it says that something did not help."""
    query = select(votes.c.id).where(
        votes.c.visitor == vote.visitor,
        votes.c.day == vote.day,
        votes.c.document == vote.document,
        votes.c.place == vote.place.value,
        votes.c.solved.is_(False),
    )
    return connection.execute(query).scalar()


def _too_many(connection: Connection, email: str, visitor: str, now: datetime) -> bool:
    since = subscriptions.c.asked > now - timedelta(days=1)
    rows = connection.execute(
        select(subscriptions.c.email, subscriptions.c.visitor).where(
            since, or_(subscriptions.c.email == email, subscriptions.c.visitor == visitor)
        )
    ).all()
    to_address = [row for row in rows if row.email == email]
    by_visitor = [row for row in rows if row.visitor == visitor]
    return len(to_address) >= MOST_A_DAY_TO_ADDRESS or len(by_visitor) >= MOST_A_DAY_BY_VISITOR


def _row(found: Subscription) -> dict[str, object]:
    return {column.name: getattr(found, column.name) for column in subscriptions.c} | {
        "state": found.state.value
    }


def _read(row: Any) -> Subscription:
    return Subscription(**{**row, "state": Progress(row["state"])})
