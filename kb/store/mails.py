"""Mails that wait to be delivered, written in the transaction of what caused them."""

from datetime import UTC, datetime

from sqlalchemy import Connection, select

from kb.mail import Mail
from kb.store.conflicts import inserting
from kb.store.database import Database
from kb.store.outbox import put_out_notice
from kb.store.schema import mails


def queue_mail(connection: Connection, mail: Mail) -> None:
    """Let a mail be delivered once the transaction has ended; one of the same key is dropped."""
    now = datetime.now(UTC)
    row = {
        "key": mail.key,
        "recipient": mail.to,
        "subject": mail.subject,
        "text": mail.text,
        "queued": now,
    }
    added = inserting(connection, mails).values(row).on_conflict_do_nothing()
    number = connection.execute(added.returning(mails.c.id)).scalar()
    if number is not None:
        put_out_notice(connection, number, now)


def mail_of(database: Database, number: int) -> Mail | None:
    """The mail that a job of the outbox names; None when it was erased."""
    with database.read() as connection:
        query = select(mails).where(mails.c.id == number)
        row = connection.execute(query).one_or_none()
    return None if row is None else Mail(row.recipient, row.subject, row.text, row.key)
