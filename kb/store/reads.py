"""Pages that visitors read, and the searches that led there.

No address and no cookie says where a visitor came from: a search remembers what it showed, and the
latest one within the session that showed a page led to it.
"""

from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, select, update

from kb.feedback import MOST_SECONDS, SESSION, Read
from kb.store.conflicts import inserting
from kb.store.database import Database
from kb.store.feedback import SEARCH_FIELDS, search_from
from kb.store.schema import reads, searches

_LOOKED_AT = 50  # latest searches of a visitor that may have led to a page
_FIELDS = [reads.c[field.name] for field in fields(Read)]
_ONE_READ = ("visitor", "document", "query_id")


def add_reads(database: Database, opened: Iterable[Read]) -> None:
    """Write pages that were opened; what is known already stays as it is."""
    found = list(opened)
    if not found:
        return
    with database.write() as connection:
        for read in found:
            _insert(connection, _led(connection, read))


def keep_read(database: Database, read: Read) -> None:
    """Write that a page was in sight for `read.seconds`, once more or for the first time.

    A read without a `query_id` adds to the visitor's latest one of this page, whatever led there.
    """
    with database.write() as connection:
        known = None if read.query_id else _latest(connection, read)
        led = replace(read, query_id=known) if known is not None else _led(connection, read)
        _insert(connection, replace(led, seconds=0))
        seen = reads.c.seconds + min(read.seconds, MOST_SECONDS)
        seconds = case((seen > MOST_SECONDS, MOST_SECONDS), else_=seen)
        connection.execute(update(reads).where(*_is(led)).values(seconds=seconds))


def reads_by(database: Database, visitor: str) -> list[Read]:
    """What a visitor read today, in order: tomorrow they have another name."""
    return _reads(database, reads.c.visitor == visitor)


def reads_from(database: Database, query_id: str) -> list[Read]:
    """What was read from the results of a search, in order."""
    return _reads(database, reads.c.query_id == query_id)


def reads_since(database: Database, since: datetime) -> list[Read]:
    """Reads in the order in which pages were opened."""
    return _reads(database, reads.c.at >= since)


def _reads(database: Database, *which: Any) -> list[Read]:
    query = select(*_FIELDS).where(*which).order_by(reads.c.at, reads.c.document)
    with database.read() as connection:
        return [Read(*row) for row in connection.execute(query)]


def _insert(connection: Connection, read: Read) -> None:
    connection.execute(inserting(connection, reads).values(asdict(read)).on_conflict_do_nothing())


def _is(read: Read) -> list[Any]:
    return [reads.c[name] == getattr(read, name) for name in _ONE_READ]


def _latest(connection: Connection, read: Read) -> str | None:
    """The search that led to the visitor's latest read of this page; None without a read."""
    own = reads.c.visitor == read.visitor, reads.c.document == read.document
    query = select(reads.c.query_id).where(*own).order_by(reads.c.at.desc()).limit(1)
    found: str | None = connection.execute(query).scalar()
    return found


def _led(connection: Connection, read: Read) -> Read:
    """The read with the search that led there, and its place in what that showed.

    A program knows which search it was; what visitors opened is looked for.
    """
    if read.query_id:
        which = [searches.c.query_id == read.query_id]
    else:
        within = searches.c.at.between(read.at - SESSION, read.at)
        which = [searches.c.visitor == read.visitor, within]
    query = select(*SEARCH_FIELDS).where(*which).order_by(searches.c.at.desc()).limit(_LOOKED_AT)
    for search in map(search_from, connection.execute(query)):
        if read.document in search.shown:
            rank = search.shown.index(read.document) + 1
            opened = max(read.at, search.at)  # a program may tell of more seconds than have passed
            return replace(read, query_id=search.query_id, rank=rank, at=opened)
    return read
