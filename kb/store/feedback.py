"""Searches and votes, written and counted."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select

from kb.feedback import Channel, Place, Reason, Search, Vote
from kb.store.conflicts import inserting
from kb.store.database import IDS, Database
from kb.store.schema import searches, votes

SEARCH_FIELDS = [searches.c[field.name] for field in fields(Search)]  # what `search_from` reads
_LINE = "\n"  # between the documents that a search showed


def add_searches(database: Database, asked: Iterable[Search]) -> None:
    """Write searches; one whose query_id is known already is left out."""
    rows = [{**asdict(search), "shown": _LINE.join(search.shown)} for search in asked]
    if not rows:
        return
    with database.write() as connection:
        connection.execute(inserting(connection, searches).on_conflict_do_nothing(), rows)


def keep_vote(database: Database, vote: Vote) -> None:
    """Write a vote. An earlier one of this visitor, day, document and place is replaced."""
    values = {**asdict(vote), "reason": vote.reason or ""}
    kept = {"visitor", "day", "document", "place"}
    said = {name: value for name, value in values.items() if name not in kept}
    with database.write() as connection:
        statement = inserting(connection, votes).values(values)
        connection.execute(statement.on_conflict_do_update(index_elements=sorted(kept), set_=said))


def vote_of(database: Database, vote: Vote) -> Vote | None:
    """What this visitor said of this document today, if anything."""
    same = (
        votes.c.visitor == vote.visitor,
        votes.c.day == vote.day,
        votes.c.document == vote.document,
        votes.c.place == vote.place,
    )
    with database.read() as connection:
        row = connection.execute(select(votes).where(*same)).mappings().one_or_none()
    return None if row is None else vote_from(row)


def searches_by(database: Database, visitor: str) -> list[Search]:
    """What a visitor asked today, in order: tomorrow they have another name."""
    query = select(*SEARCH_FIELDS).where(searches.c.visitor == visitor).order_by(searches.c.at)
    with database.read() as connection:
        return [search_from(row) for row in connection.execute(query)]


def search_by_id(database: Database, query_id: str) -> Search | None:
    """The search with this name, if it was remembered."""
    query = select(*SEARCH_FIELDS).where(searches.c.query_id == query_id)
    with database.read() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else search_from(row)


def votes_by(database: Database, visitor: str) -> list[Vote]:
    """What a visitor said today of what they read, in order."""
    query = select(votes).where(votes.c.visitor == visitor).order_by(votes.c.at, votes.c.id)
    with database.read() as connection:
        return [vote_from(row) for row in connection.execute(query).mappings()]


def searches_since(database: Database, since: datetime) -> list[Search]:
    """Searches in the order in which they were asked."""
    query = select(*SEARCH_FIELDS).where(searches.c.at >= since).order_by(searches.c.at)
    with database.read() as connection:
        rows = connection.execute(query).all()
    return [search_from(row) for row in rows]


def votes_since(database: Database, since: datetime) -> list[Vote]:
    """Votes in the order of their last change."""
    query = select(votes).where(votes.c.at >= since).order_by(votes.c.at, votes.c.id)
    with database.read() as connection:
        rows = connection.execute(query).mappings().all()
    return [vote_from(row) for row in rows]


def numbered_votes(database: Database, since: datetime) -> dict[int, Vote]:
    """Votes by their ids, in the order of their last change."""
    query = select(votes).where(votes.c.at >= since).order_by(votes.c.at, votes.c.id)
    with database.read() as connection:
        rows = connection.execute(query).mappings().all()
    return {row["id"]: vote_from(row) for row in rows}


def votes_of(database: Database, numbers: Sequence[int]) -> dict[int, Vote]:
    """The votes of these ids that are still there."""
    found: dict[int, Vote] = {}
    with database.read() as connection:
        for start in range(0, len(numbers), IDS):
            query = select(votes).where(votes.c.id.in_(numbers[start : start + IDS]))
            found |= {row["id"]: vote_from(row) for row in connection.execute(query).mappings()}
    return found


def searches_of(database: Database, query_ids: Sequence[str]) -> dict[str, Search]:
    """The searches of these ids that are still there."""
    found: dict[str, Search] = {}
    with database.read() as connection:
        for start in range(0, len(query_ids), IDS):
            some = searches.c.query_id.in_(query_ids[start : start + IDS])
            rows = connection.execute(select(*SEARCH_FIELDS).where(some))
            found |= {one.query_id: one for one in map(search_from, rows)}
    return found


def search_from(row: Any) -> Search:
    """A row of SEARCH_FIELDS."""
    query_id, at, visitor, channel, *others, shown = row
    others.append(tuple(shown.split(_LINE)) if shown else ())
    return Search(query_id, at, visitor, Channel(channel), *others)


def vote_from(row: Any) -> Vote:
    """A row of the table of votes."""
    known = {name: value for name, value in row.items() if name != "id"}
    reason = Reason(row["reason"]) if row["reason"] else None
    return Vote(**{**known, "place": Place(row["place"]), "reason": reason})
