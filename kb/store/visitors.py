"""Who is the same visitor, for one day and no longer.

A visitor is an HMAC of address and browser with a salt that is drawn every day and destroyed with
it. Afterwards nobody, the operator included, can tell which address was which visitor.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, date, datetime
from time import monotonic

from sqlalchemy import Connection, delete, insert, select

from kb.errors import RecordsError
from kb.store.database import Database
from kb.store.schema import salts

_SALT = 32  # bytes
_LENGTH = 16  # bytes of the HMAC that are kept
_RETRY = 10.0  # seconds in which a database that gave no salt is not waited for again


class Visitors:
    """Names visitors. All processes that share a database give the same names."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._today: tuple[date, bytes] | None = None
        self._retry = 0.0

    def name(self, address: str, browser: str, now: datetime | None = None) -> str:
        """32 hexadecimal digits for an IP address and a User-Agent, valid until midnight UTC.

        Raises RecordsError where the day's salt cannot be had, mostly at once: every page that is
        opened asks, and no reader shall wait for a database that is away.
        """
        day = (now or datetime.now(UTC)).date()
        known = self._today  # another thread may forget it meanwhile
        if known is None or known[0] != day:
            known = self._today = day, self._salt(day)
        text = f"{address}\n{browser}".encode()
        return hmac.digest(known[1], text, hashlib.sha256)[:_LENGTH].hex()

    def forget(self) -> None:
        """Keep no salt in memory; the next name reads today's anew."""
        self._today = None

    def _salt(self, day: date) -> bytes:
        if monotonic() < self._retry:
            raise RecordsError()
        try:
            return _salt_of(self._database, day)
        except RecordsError:
            self._retry = monotonic() + _RETRY
            raise


def _salt_of(database: Database, day: date) -> bytes:
    """The salt of a day, the same for all; older ones are destroyed."""
    with database.write() as connection:
        connection.execute(delete(salts).where(salts.c.day < day))
        known = _known(connection, day)
        if known is None:
            known = secrets.token_bytes(_SALT)
            connection.execute(insert(salts).values(day=day, salt=known))
        return known


def _known(connection: Connection, day: date) -> bytes | None:
    found: bytes | None = connection.execute(
        select(salts.c.salt).where(salts.c.day == day).with_for_update()
    ).scalar()
    return found
