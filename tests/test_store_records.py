"""Searches and votes on real databases: SQLite and PostgreSQL say the same."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from kb.errors import RecordsError
from kb.feedback import Channel, Place, Reason, Search, Vote
from kb.store.database import Database, is_intact
from kb.store.feedback import (
    add_searches,
    keep_vote,
    searches_since,
    vote_of,
    votes_since,
)
from kb.store.migrate import migrate, newest, version_of
from kb.store.schema import metadata, salts
from kb.store.visitors import Visitors

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

VOTE = Vote(
    visitor="v1",
    day=NOW.date(),
    document="article/order-invoice",
    locale="de",
    place=Place.ARTICLE,
    query_id="",
    solved=False,
    reason=Reason.OUTDATED,
    comment="Stimmt nicht mehr; \x27 OR 1=1 --",
    at=NOW,
)
SEARCH = Search(
    query_id="q1",
    at=NOW,
    visitor="v1",
    channel=Channel.SITE,
    locale="de",
    question="Akku lädt nicht 🔋",
    status="answered",
    confidence=0.93,
    document="article/battery-not-charging",
    phase="service",
    team="workshop",
)


def test_migrations_make_the_tables_that_the_program_uses(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert version_of(connection) == newest()


def test_migrating_again_changes_nothing(database: Database) -> None:
    keep_vote(database, VOTE)
    migrate(database)
    assert votes_since(database, LONG_AGO) == [VOTE]


def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def start() -> None:
        opened = Database.in_folder(tmp_path)
        try:
            migrate(opened)
        except BaseException as error:
            failed.append(error)
        finally:
            opened.close()

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_records_of_a_newer_version_are_left_alone(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RecordsError, match="newer version"):
        migrate(database)


def test_the_last_vote_of_a_day_counts(database: Database) -> None:
    keep_vote(database, VOTE)
    changed = replace(VOTE, solved=True, reason=None, comment="", at=NOW + timedelta(minutes=5))
    keep_vote(database, changed)
    assert votes_since(database, LONG_AGO) == [changed]
    assert vote_of(database, VOTE) == changed


def test_votes_of_others_places_and_days_stand_beside_each_other(database: Database) -> None:
    others = [
        replace(VOTE, visitor="v2"),
        replace(VOTE, place=Place.ANSWER),
        replace(VOTE, day=NOW.date() + timedelta(days=1)),
        replace(VOTE, document="product/trek-7"),
    ]
    for vote in (VOTE, *others):
        keep_vote(database, vote)
    assert len(votes_since(database, LONG_AGO)) == 5


def test_searches_come_back_as_they_were_asked_each_once(database: Database) -> None:
    other = replace(SEARCH, query_id="q0", at=NOW - timedelta(days=1), question="")
    add_searches(database, [SEARCH, other])
    add_searches(database, [replace(SEARCH, question="again")])
    add_searches(database, [])
    assert searches_since(database, LONG_AGO) == [other, SEARCH]


def test_writers_wait_for_each_other(database: Database) -> None:
    def write(writer: int) -> None:
        for number in range(25):
            keep_vote(database, replace(VOTE, visitor=f"{writer}-{number}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(votes_since(database, LONG_AGO)) == 100
    assert is_intact(database)


def test_what_failed_halfway_was_never_written(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        raise RuntimeError
    with database.read() as connection:
        assert version_of(connection) == newest()


def test_a_visitor_has_one_name_a_day_whoever_asks(database: Database) -> None:
    today = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    one, other = Visitors(database), Visitors(database)
    name = one.name("198.51.100.7", "Browser", today)
    assert other.name("198.51.100.7", "Browser", today) == name
    assert one.name("198.51.100.8", "Browser", today) != name
    assert one.name("198.51.100.7", "Other", today) != name
    assert "198" not in name


def test_a_database_that_is_away_keeps_no_second_reader_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database.in_folder(tmp_path / "later")
    visitors, now = Visitors(database), monotonic()
    with pytest.raises(RecordsError):
        visitors.name("198.51.100.7", "Browser")
    (tmp_path / "later").mkdir()
    migrate(database)
    with pytest.raises(RecordsError):  # not asked again yet
        visitors.name("198.51.100.7", "Browser")
    monkeypatch.setattr("kb.store.visitors.monotonic", lambda: now + 60)
    assert visitors.name("198.51.100.7", "Browser")
    database.close()


def test_the_salt_of_yesterday_is_destroyed(database: Database) -> None:
    visitors = Visitors(database)
    first = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    name = visitors.name("198.51.100.7", "Browser", first)
    assert visitors.name("198.51.100.7", "Browser", first + timedelta(minutes=1)) != name
    with database.read() as connection:
        (left,) = connection.execute(select(salts.c.day)).scalars()
    assert left.isoformat() == "2026-11-23"


@pytest.mark.parametrize("url", ["nonsense", "mysql://localhost/kb", "sqlite:////nowhere/kb.db"])
def test_an_address_that_cannot_be_used_says_so(url: str) -> None:
    with pytest.raises(RecordsError), Database(url).read():
        pass


def test_passwords_of_the_database_stay_out_of_messages() -> None:
    database = Database("postgresql://kb:geheim@127.0.0.1:1/kb")
    with pytest.raises(RecordsError) as raised, database.read():
        pass
    assert "geheim" not in str(raised.value)


def test_records_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    database = Database.in_folder(tmp_path)
    migrate(database)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    database.close()
