"""What is known of a person by an e-mail address: told on request, and erased on request.

Each kind of record that holds addresses has one entry in SUBJECT_DATA.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Select, delete, func, select

from kb.emails import normal_email
from kb.store.database import Database
from kb.store.schema import cases, mails, messages, outbox, subscriptions, votes

Row = dict[str, object]

_OF_MACHINES = ("salt", "submission", "email_key")  # say nothing of a person


@dataclass(frozen=True, slots=True)
class SubjectData:
    """One kind of record. Called with an address in its normal form, in one transaction for all.

    They are erased in the order of SUBJECT_DATA: what belongs to a case goes before it.
    """

    name: str
    export: Callable[[Connection, str], list[Row]]
    erase: Callable[[Connection, str], int]  # returns how many records are gone


def export_subject(database: Database, email: str) -> dict[str, list[Row]]:
    """All that is known of this address, by kind of record."""
    with database.read() as connection:
        return {one.name: one.export(connection, email) for one in SUBJECT_DATA}


def erase_subject(database: Database, email: str) -> dict[str, int]:
    """Forget this address; returns how many records of each kind are gone."""
    with database.write() as connection:
        return {one.name: one.erase(connection, email) for one in SUBJECT_DATA}


def _export_subscriptions(connection: Connection, email: str) -> list[Row]:
    query = (
        select(
            subscriptions.c.state,
            subscriptions.c.asked,
            subscriptions.c.changed,
            subscriptions.c.locale,
            subscriptions.c.consent,
            votes.c.document,
            votes.c.reason,
            votes.c.comment,
        )
        .join(votes, votes.c.id == subscriptions.c.vote)
        .where(subscriptions.c.email == email)
        .order_by(subscriptions.c.asked)
    )
    return [_plain(row) for row in connection.execute(query).mappings()]


def _erase_subscriptions(connection: Connection, email: str) -> int:
    own = subscriptions.c.email == email
    return connection.execute(delete(subscriptions).where(own)).rowcount


def _export_mails(connection: Connection, email: str) -> list[Row]:
    query = (
        select(mails.c.queued, mails.c.subject, mails.c.text)
        .where(mails.c.recipient == email)
        .order_by(mails.c.id)
    )
    return [_plain(row) for row in connection.execute(query).mappings()]


def _erase_mails(connection: Connection, email: str) -> int:
    return connection.execute(delete(mails).where(mails.c.recipient == email)).rowcount


def _own_cases(connection: Connection, email: str) -> Select[tuple[str]]:
    """Numbers of the cases of an address. Older ones keep it as it was typed."""
    local = email.rpartition("@")[0]
    like = func.lower(cases.c.email).startswith(f"{local}@", autoescape=True)
    typed = connection.execute(select(cases.c.email).where(like).distinct()).scalars()
    spellings = [one for one in typed if normal_email(one) == email]
    return select(cases.c.number).where(cases.c.email.in_(spellings))


def _export_deliveries(connection: Connection, email: str) -> list[Row]:
    query = (
        select(outbox.c.case, outbox.c.event, outbox.c.way, outbox.c.state, outbox.c.created)
        .where(outbox.c.case.in_(_own_cases(connection, email)))
        .order_by(outbox.c.created, outbox.c.id)
    )
    return [_plain(row) for row in connection.execute(query).mappings()]


def _erase_deliveries(connection: Connection, email: str) -> int:
    own = outbox.c.case.in_(_own_cases(connection, email))
    return connection.execute(delete(outbox).where(own)).rowcount


def _export_messages(connection: Connection, email: str) -> list[Row]:
    query = (
        select(
            messages.c.case,
            messages.c.at,
            messages.c.author,
            messages.c.text,
            messages.c.document,
        )
        .where(messages.c.case.in_(_own_cases(connection, email)))
        .order_by(messages.c.id)
    )
    return [_plain(row) for row in connection.execute(query).mappings()]


def _erase_messages(connection: Connection, email: str) -> int:
    own = messages.c.case.in_(_own_cases(connection, email))
    return connection.execute(delete(messages).where(own)).rowcount


def _export_cases(connection: Connection, email: str) -> list[Row]:
    kept = [column for column in cases.c if column.name not in _OF_MACHINES]
    own = cases.c.number.in_(_own_cases(connection, email))
    query = select(*kept).where(own).order_by(cases.c.opened)
    rows = [_plain(row) for row in connection.execute(query).mappings()]
    return [{**row, "packet": json.loads(str(row["packet"]))} for row in rows]


def _erase_cases(connection: Connection, email: str) -> int:
    own = cases.c.number.in_(_own_cases(connection, email))
    return connection.execute(delete(cases).where(own)).rowcount


def _plain(row: RowMapping) -> Row:
    return {
        str(name): value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }


SUBJECT_DATA = (
    SubjectData("subscriptions", _export_subscriptions, _erase_subscriptions),
    SubjectData("mails", _export_mails, _erase_mails),
    SubjectData("deliveries", _export_deliveries, _erase_deliveries),
    SubjectData("messages", _export_messages, _erase_messages),
    SubjectData("cases", _export_cases, _erase_cases),
)
