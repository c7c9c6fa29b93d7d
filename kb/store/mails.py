"""Mails that wait to be delivered, written in the transaction of what caused them."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from kb.mail import Mail
from kb.store.conflicts import inserting
from kb.store.schema import mails


def queue_mail(connection: Connection, mail: Mail) -> None:
    """Let a mail be delivered once the transaction has ended; one of the same key is dropped."""
    row = {
        "key": mail.key,
        "recipient": mail.to,
        "subject": mail.subject,
        "text": mail.text,
        "queued": datetime.now(UTC),
    }
    connection.execute(inserting(connection, mails).on_conflict_do_nothing(), row)
