"""Cases, written and read. What happens to one is written together with who is to be told."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from kb.cases import (
    REPEAT_WITHIN,
    SALT,
    Author,
    Case,
    CaseState,
    Contact,
    Conversation,
    ItemKind,
    Message,
    PacketItem,
    Topic,
    email_key,
    new_number,
    opens,
    resume_code,
)
from kb.delivery.jobs import Event, Way
from kb.emails import normal_email
from kb.feedback import Channel
from kb.store.conflicts import inserting
from kb.store.database import Database
from kb.store.outbox import put_out
from kb.store.schema import cases, messages
from kb.store.staff import note
from kb.store.tasks import join_task, withdraw_from_tasks
from kb.tasks import Evidence, Finding, Source, Subject, TaskKind

Ways = frozenset[Way]


@dataclass(frozen=True, slots=True)
class NewCase:
    """What a customer sent."""

    submission: str  # name of the form or request; whatever comes again under it is the same case
    at: datetime
    channel: Channel
    locale: str
    contact: Contact
    topic: Topic
    packet: tuple[PacketItem, ...]


def open_case(database: Database, key: bytes, new: NewCase, ways: Ways) -> str:
    """Write a case with its first message and let everybody know; returns its number.

    A submission that is known already changes nothing. A case of the same person on the same topic
    within seven days is marked in both.
    """
    person = email_key(key, new.contact.email)
    with database.write() as connection:
        number = _free_number(connection)
        earlier = _earlier(connection, person, new)
        row = {**_row(new), "number": number, "email_key": person, "repeat_of": earlier}
        statement = inserting(connection, cases).values(row)
        known = statement.on_conflict_do_nothing(index_elements=["submission"])
        if connection.execute(known.returning(cases.c.number)).first() is None:
            same = select(cases.c.number).where(cases.c.submission == new.submission)
            return str(connection.execute(same).scalar_one())
        if earlier:
            repeated = update(cases).where(cases.c.number == earlier)
            connection.execute(repeated.values(repeated_by=number))
        first = Message(new.at, Author.CUSTOMER, new.contact.message)
        put_out(connection, number, Event.CREATED, new.at, ways, _add(connection, number, first))
    return number


def may_open(
    database: Database, key: bytes, number: str, code: str, now: datetime, days: int
) -> bool:
    """Whether a customer may see this case: the code is right, and the case not older than `days`.

    For a number that does not exist the answer is the same, and takes as long.
    """
    with database.read() as connection:
        query = select(cases.c.salt, cases.c.changed).where(cases.c.number == number)
        row = connection.execute(query).one_or_none()
    salt, changed = (row.salt, row.changed) if row else (secrets.token_bytes(SALT), now)
    is_right = opens(key, number, salt, code)
    return is_right and row is not None and now - changed <= timedelta(days=days)


def code_of(database: Database, key: bytes, number: str) -> str:
    """The resume code of a case, for those who may tell its customer."""
    with database.read() as connection:
        query = select(cases.c.salt).where(cases.c.number == number)
        return resume_code(key, number, connection.execute(query).scalar_one())


def conversation(database: Database, number: str) -> Conversation | None:
    """A case with all its messages; None when there is none of this number."""
    with database.read() as connection:
        query = select(cases).where(cases.c.number == number)
        row = connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        said = select(messages).where(messages.c.case == number).order_by(messages.c.id)
        return Conversation(
            _case(row, _first_message(connection, number)),
            tuple(_message(one) for one in connection.execute(said).mappings()),
        )


def message_of(database: Database, message_id: int) -> Message | None:
    """One message by the id that the outbox names it with."""
    with database.read() as connection:
        query = select(messages).where(messages.c.id == message_id)
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _message(row)


def cases_of(
    database: Database,
    *,
    team: str = "",
    states: Sequence[CaseState] = (),
    since: datetime | None = None,
    person: str = "",
    limit: int = 100,
    skipped: int = 0,
) -> list[Case]:
    """Cases of a team in these states, opened since then, of the person with this `email_key`;
    open ones first, of these and of the others the longest untouched.

    What is not given is no limit. Each has its first message, in `contact`.
    """
    first = select(messages.c.text).where(messages.c.case == cases.c.number)
    first = first.order_by(messages.c.id).limit(1)
    query = select(cases, first.scalar_subquery().label("first_message"))
    if team:
        query = query.where(cases.c.team == team)
    if states:
        query = query.where(cases.c.state.in_([str(state) for state in states]))
    if since:
        query = query.where(cases.c.opened >= since)
    if person:
        query = query.where(cases.c.email_key == person)
    query = query.order_by(cases.c.state != CaseState.OPEN, cases.c.changed, cases.c.number)
    query = query.limit(limit).offset(skipped)
    with database.read() as connection:
        rows = connection.execute(query).mappings()
        return [_case(row, row["first_message"]) for row in rows]


def open_cases(database: Database) -> int:
    """How many cases wait for their teams."""
    query = select(func.count()).where(cases.c.state == CaseState.OPEN)
    with database.read() as connection:
        return int(connection.execute(query).scalar_one())


def teams_with_cases(database: Database) -> list[str]:
    """Names of the teams that have cases, in order."""
    query = select(cases.c.team).distinct().order_by(cases.c.team)
    with database.read() as connection:
        return list(connection.execute(query).scalars())


def add_message(database: Database, number: str, text: str, now: datetime, ways: Ways) -> bool:
    """The customer writes again; it is the team's turn. False when there is no such case."""
    said = Message(now, Author.CUSTOMER, text)
    return _happened(database, number, Event.WRITTEN, CaseState.OPEN, now, ways, said)


def answer_case(
    database: Database,
    number: str,
    text: str,
    now: datetime,
    ways: Ways,
    document: str = "",
    *,
    by: str,
) -> bool:
    """The team answers, if need be with a link to `document` (kind/id); it is the customer's turn.

    False when there is no such case.
    """
    said = Message(now, Author.TEAM, text, document)
    return _happened(database, number, Event.ANSWERED, CaseState.ANSWERED, now, ways, said, by)


def solve_case(database: Database, number: str, now: datetime, ways: Ways) -> bool:
    """The customer says that it is solved; False when there is no such case."""
    return _happened(database, number, Event.SOLVED, CaseState.SOLVED, now, ways)


def reopen_case(database: Database, number: str, now: datetime, ways: Ways, by: str = "") -> bool:
    """It is the team's turn again; False when there is no such case.

    `by` names who of the staff wants it; "" is the customer.
    """
    return _happened(database, number, Event.REOPENED, CaseState.OPEN, now, ways, by=by)


def close_case(database: Database, number: str, now: datetime, ways: Ways, *, by: str) -> bool:
    """The team is done with it; False when there is no such case."""
    return _happened(database, number, Event.CLOSED, CaseState.CLOSED, now, ways, by=by)


def note_missing(database: Database, number: str, article: str, now: datetime, *, by: str) -> bool:
    """Which article would have spared this case, in the team's words; "" takes it back.

    The case speaks for a content task of that title, the same again changes nothing. False when
    there is no such case.
    """
    with database.write() as connection:
        mine = select(cases).where(cases.c.number == number).with_for_update()
        row = connection.execute(mine).mappings().one_or_none()
        if row is None:
            return False
        if row["missing"] == article:
            return True
        noted = update(cases).where(cases.c.number == number)
        connection.execute(noted.values(missing=article))
        withdraw_from_tasks(connection, [(Source.CASE, number)])
        if article:
            subject = Subject(TaskKind.GAP, "", row["locale"], article, row["team"], row["phase"])
            join_task(connection, Finding(subject, (Evidence(Source.CASE, number, "", now),)))
        note(connection, by, "case.missing", f"case {number}")
    return True


def _happened(
    database: Database,
    number: str,
    event: Event,
    state: CaseState,
    now: datetime,
    ways: Ways,
    said: Message | None = None,
    by: str = "",
) -> bool:
    """A change of state, or a message, and everybody told. The state it has already is no news.

    What somebody of the staff does (`by`) stands in the audit log, too.
    """
    with database.write() as connection:
        mine = select(cases.c.state).where(cases.c.number == number).with_for_update()
        known = connection.execute(mine).scalar()
        if known is None:
            return False
        if said is None and known == state:
            return True
        changed = update(cases).where(cases.c.number == number)
        connection.execute(changed.values(state=state, changed=now))
        message = _add(connection, number, said) if said else 0
        put_out(connection, number, event, now, ways, message)
        if by:
            note(connection, by, f"case.{event}", f"case {number}")
    return True


def _free_number(connection: Connection) -> str:
    while True:
        number = new_number()
        taken = select(cases.c.number).where(cases.c.number == number)
        if connection.execute(taken).first() is None:
            return number


def _earlier(connection: Connection, person: str, new: NewCase) -> str:
    """The last case of this person on this topic, "" when there is none."""
    same = []
    if new.topic.document:
        same.append(cases.c.document == new.topic.document)
    if new.topic.category:
        same.append(cases.c.category == new.topic.category)
    if not same:
        return ""
    query = (
        select(cases.c.number)
        .where(cases.c.email_key == person, cases.c.opened >= new.at - REPEAT_WITHIN, or_(*same))
        .where(cases.c.submission != new.submission)
        .order_by(cases.c.opened.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() or ""


def _add(connection: Connection, number: str, said: Message) -> int:
    values = {"case": number, **asdict(said)}
    key = connection.execute(insert(messages).values(values)).inserted_primary_key
    return int(key[0]) if key else 0


def _row(new: NewCase) -> dict[str, Any]:
    contact, topic = asdict(new.contact), asdict(new.topic)
    del contact["message"]  # stands in a table of its own
    return {
        **contact,
        **topic,
        "email": normal_email(new.contact.email),
        "salt": secrets.token_bytes(SALT),
        "submission": new.submission,
        "opened": new.at,
        "changed": new.at,
        "state": CaseState.OPEN,
        "channel": new.channel,
        "locale": new.locale,
        "packet": _packet(new.packet),
        "repeated_by": "",
        "missing": "",
    }


def _packet(items: Sequence[PacketItem]) -> str:
    """Without the keys: they would lead to what else the customer did that day, and left out."""
    return json.dumps([asdict(replace(item, key="")) for item in items], ensure_ascii=False)


def _first_message(connection: Connection, number: str) -> str:
    query = select(messages.c.text).where(messages.c.case == number).order_by(messages.c.id)
    return str(connection.execute(query.limit(1)).scalar_one())


def _case(row: Any, message: str) -> Case:
    return Case(
        number=row["number"],
        opened=row["opened"],
        changed=row["changed"],
        state=CaseState(row["state"]),
        channel=Channel(row["channel"]),
        locale=row["locale"],
        contact=Contact(message, row["email"], row["name"], row["product"], row["order_number"]),
        topic=Topic(row["team"], row["confidence"], row["document"], row["category"], row["phase"]),
        packet=tuple(
            PacketItem(**{**item, "kind": ItemKind(item["kind"])})
            for item in json.loads(row["packet"])
        ),
        repeat_of=row["repeat_of"],
        repeated_by=row["repeated_by"],
        missing=row["missing"],
    )


def _message(row: Any) -> Message:
    return Message(row["at"], Author(row["author"]), row["text"], row["document"])
