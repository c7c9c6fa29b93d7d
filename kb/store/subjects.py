"""What is known of a person by an e-mail address: told on request, and erased on request.

Each kind of record that holds addresses has one entry in SUBJECT_DATA.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, select

from kb.store.database import Database
from kb.store.schema import mails, subscriptions, votes

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class SubjectData:
    """One kind of record. Called with an address in lower case, in one transaction for all."""

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


def _plain(row: RowMapping) -> Row:
    return {
        str(name): value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }


SUBJECT_DATA = (
    SubjectData("subscriptions", _export_subscriptions, _erase_subscriptions),
    SubjectData("mails", _export_mails, _erase_mails),
)
