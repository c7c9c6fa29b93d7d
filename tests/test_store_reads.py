"""Pages that were read, on both databases: which search led there, and for how long."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from test_store_records import SEARCH

from kb.feedback import MOST_SECONDS, SESSION, Read
from kb.store.database import Database
from kb.store.feedback import add_searches, searches_since
from kb.store.reads import add_reads, keep_read, reads_by, reads_from, reads_since
from kb.store.retention import Limits, retain

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
SHOWN = ("article/a", "product/b", "article/c")
READ = Read("v1", NOW, "article/c", "de")


def ago(**past: float) -> datetime:
    return NOW - timedelta(**past)


def test_a_page_opened_from_results_names_the_search_and_its_place(database: Database) -> None:
    add_searches(database, [replace(SEARCH, at=ago(minutes=2), shown=SHOWN)])
    add_reads(database, [READ, replace(READ, document="article/other")])
    clicked, other = reads_since(database, LONG_AGO)
    assert clicked == replace(READ, query_id="q1", rank=3)
    assert (other.query_id, other.rank) == ("", 0)
    assert reads_from(database, "q1") == [clicked]


def test_the_latest_search_that_showed_the_page_led_there(database: Database) -> None:
    first = replace(SEARCH, at=ago(minutes=9), shown=SHOWN)
    second = replace(first, query_id="q2", at=ago(minutes=5), shown=("article/c",))
    third = replace(first, query_id="q3", at=ago(minutes=1), shown=("article/a",))
    add_searches(database, [first, second, third])
    add_reads(database, [READ])
    (read,) = reads_since(database, LONG_AGO)
    assert (read.query_id, read.rank) == ("q2", 1)


@pytest.mark.parametrize(
    "other",
    [
        {"visitor": "v2"},
        {"at": NOW - SESSION - timedelta(seconds=1)},
        {"at": NOW + timedelta(seconds=1)},
        {"shown": ()},
        {"shown": ("article/cc", "xarticle/c")},
    ],
)
def test_what_led_nowhere_near_is_not_named(database: Database, other: dict[str, object]) -> None:
    search = replace(SEARCH, at=ago(minutes=1), shown=SHOWN)
    add_searches(database, [replace(search, **other)])  # type: ignore[arg-type]
    add_reads(database, [READ])
    assert reads_since(database, LONG_AGO) == [READ]


def test_a_page_opened_again_is_the_same_read(database: Database) -> None:
    later = [replace(READ, at=NOW + timedelta(minutes=minutes)) for minutes in (1, 200)]
    add_reads(database, [READ, *later])
    add_reads(database, [])
    assert reads_since(database, LONG_AGO) == [READ]
    add_searches(database, [replace(SEARCH, at=NOW + timedelta(minutes=3), shown=SHOWN)])
    add_reads(database, [replace(READ, at=NOW + timedelta(minutes=4))])
    assert [one.query_id for one in reads_by(database, "v1")] == ["", "q1"]


def test_time_in_sight_adds_up_to_half_an_hour_at_most(database: Database) -> None:
    keep_read(database, replace(READ, seconds=40))
    keep_read(database, replace(READ, seconds=50))
    assert [one.seconds for one in reads_since(database, LONG_AGO)] == [90]
    keep_read(database, replace(READ, seconds=10**9))
    assert [one.seconds for one in reads_since(database, LONG_AGO)] == [MOST_SECONDS]


def test_time_belongs_to_the_latest_read_even_long_after_the_search(database: Database) -> None:
    add_searches(database, [replace(SEARCH, at=ago(minutes=50), shown=SHOWN)])
    add_reads(database, [replace(READ, at=ago(minutes=49))])
    keep_read(database, replace(READ, seconds=60))
    (read,) = reads_since(database, LONG_AGO)
    assert (read.query_id, read.rank, read.seconds) == ("q1", 3, 60)


def test_time_may_come_before_the_page_was_written(database: Database) -> None:
    add_searches(database, [replace(SEARCH, at=ago(minutes=2), shown=SHOWN)])
    keep_read(database, replace(READ, seconds=5))
    add_reads(database, [replace(READ, at=ago(seconds=10))])
    (read,) = reads_since(database, LONG_AGO)
    assert (read.query_id, read.seconds) == ("q1", 5)


def test_a_program_names_the_search_also_one_of_long_ago(database: Database) -> None:
    add_searches(database, [replace(SEARCH, at=ago(hours=9), visitor="bot", shown=SHOWN)])
    keep_read(database, replace(READ, query_id="q1"))
    keep_read(database, replace(READ, query_id="never written"))
    first, second = sorted(reads_since(database, LONG_AGO), key=lambda one: -one.rank)
    assert (first.query_id, first.rank) == ("q1", 3)
    assert (second.query_id, second.rank) == ("never written", 0)


def test_what_was_shown_comes_back_in_its_order(database: Database) -> None:
    add_searches(database, [replace(SEARCH, shown=SHOWN), replace(SEARCH, query_id="q2")])
    assert {one.shown for one in searches_since(database, LONG_AGO)} == {SHOWN, ()}


def test_times_and_what_was_shown_are_forgotten_and_reads_still_counted(database: Database) -> None:
    for age, name in ((31, "old"), (29, "new")):
        asked = replace(SEARCH, query_id=name, visitor=name, at=ago(days=age), shown=SHOWN)
        add_searches(database, [asked])
        keep_read(database, replace(READ, visitor=name, at=ago(days=age), seconds=70))
    limits = Limits(searches_days=30, least_visitors=5, comments_days=365, cases_days=365)
    assert retain(database, NOW, limits).reads == 1
    old, new = reads_since(database, LONG_AGO)
    assert (old.seconds, old.query_id, old.rank) == (0, "old", 3)
    assert (new.seconds, new.query_id, new.rank) == (70, "new", 3)
    assert [one.shown for one in searches_since(database, LONG_AGO)] == [(), SHOWN]
    assert retain(database, NOW, limits).reads == 0


def test_what_a_search_led_to_is_not_read_before_it(database: Database) -> None:
    add_searches(database, [replace(SEARCH, at=ago(minutes=1), shown=SHOWN)])
    keep_read(database, replace(READ, query_id="q1", at=ago(minutes=9), seconds=540))
    (read,) = reads_since(database, LONG_AGO)
    assert read.at == ago(minutes=1)


def test_searches_of_an_older_version_are_kept(database: Database) -> None:
    with database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO searches (query_id, at, visitor, channel, locale, question, status,"
                " confidence, document, phase, team) VALUES ('q', '2026-11-22 11:00:00', 'v',"
                " 'site', 'de', 'Akku', 'related', 0.5, '', '', '')"
            )
        )
    assert [one.shown for one in searches_since(database, LONG_AGO)] == [()]
