"""Figures of the report, counted from searches, reads and votes by the definitions it states."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from test_store_records import SEARCH, VOTE

from kb.feedback import LISTED, Channel, Read, Search, Vote
from kb.insight.figures import NO_CONTACTS, Contacts, Counts, Place, Repeats
from kb.insight.report import Insight, Step, insight
from kb.insight.signals import Signals

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOON = NOW - timedelta(days=2)
numbers = iter(range(10_000))


def asked(
    status: str = "answered", visitor: str = "v1", at: datetime = NOON, **other: Any
) -> Search:
    name = f"q{next(numbers)}"
    return replace(SEARCH, query_id=name, status=status, visitor=visitor, at=at, **other)


def said(
    solved: bool, visitor: str = "v1", at: datetime = NOON, document: str = "article/a"
) -> Vote:
    return replace(VOTE, visitor=visitor, solved=solved, at=at, document=document)


def read(
    document: str = "article/a", visitor: str = "v1", at: datetime = NOON, **other: Any
) -> Read:
    return Read(visitor, at, document, "de", **other)


def later(**after: float) -> datetime:
    return NOON + timedelta(**after)


def report(
    *events: Search | Read | Vote,
    step: Step = Step.DAY,
    days: int = 7,
    contacts: Contacts = NO_CONTACTS,
) -> Insight:
    return insight(
        [one for one in events if isinstance(one, Search)],
        [one for one in events if isinstance(one, Read)],
        [one for one in events if isinstance(one, Vote)],
        lambda document: Place("service", document.removeprefix("article/"), document[-1:]),
        until=NOW.date(),
        days=days,
        step=step,
        now=NOW,
        contacts=contacts,
    )


def test_nothing_recorded_is_no_rate_and_not_zero() -> None:
    counts = report().overall
    assert counts == Counts()
    assert (counts.unanswered_rate, counts.satisfaction, counts.effort_index) == (None,) * 3


def test_unanswered_is_below_the_threshold_and_articles_shown_are_apart() -> None:
    found = report(asked(), asked("no_answer"), asked("related"), asked("no_answer")).overall
    assert (found.searches, found.unanswered, found.related) == (4, 2, 1)
    assert found.unanswered_rate == 0.5


def test_satisfaction_is_positive_of_all_votes() -> None:
    found = report(said(True), said(True, "v2"), said(False, "v3"), said(True, "v4"))
    assert found.overall.satisfaction == 0.75
    assert [(one.document, one.solved, one.unsolved) for one in found.documents] == [
        ("article/a", 3, 1)
    ]


def test_the_least_helpful_document_comes_first() -> None:
    found = report(said(True, document="article/a"), said(False, document="article/b"))
    assert [one.document for one in found.documents] == ["article/b", "article/a"]


def test_an_episode_ends_after_half_an_hour() -> None:
    pause = timedelta(minutes=30)
    together = report(asked(at=NOON), asked(at=NOON + pause)).overall
    apart = report(asked(at=NOON), asked(at=NOON + pause + timedelta(seconds=1))).overall
    assert (together.episodes, together.effort) == (1, 1)
    assert (apart.episodes, apart.effort) == (2, 0)


def test_effort_counts_extra_searches_and_twice_the_negative_votes() -> None:
    found = report(asked(), asked(), asked(), said(False), asked(visitor="v2")).overall
    assert (found.effort, found.episodes, found.effort_index) == (4, 2, 2.0)


def test_extra_articles_are_effort_and_the_first_one_is_free() -> None:
    one = report(asked(), read("article/a"))
    assert one.overall.effort == 0
    three = report(asked(), read("article/a"), read("article/b"), read("article/c"))
    assert (three.overall.effort, three.overall.episodes) == (2, 1)
    again = report(read("article/a"), read("article/a", query_id="q"), read("article/a"))
    assert again.overall.effort == 0
    choosing = report(read("article/a"), read("product/a"), read("product/b"))
    assert (choosing.overall.effort, choosing.overall.reads) == (0, 3)
    apart = report(read("article/a"), read("article/b", at=later(minutes=31)))
    assert (apart.overall.effort, apart.overall.episodes) == (0, 2)


def test_an_episode_lasts_as_long_as_a_page_is_in_sight() -> None:
    events = [read("article/a", seconds=1200), read("article/b", at=later(minutes=45))]
    assert report(*events).overall.episodes == 1
    assert report(replace(events[0], seconds=0), events[1]).overall.episodes == 2


def test_who_only_reads_is_counted_and_nothing_is_assumed_of_them() -> None:
    found = report(read(), read(visitor="v2")).overall
    assert (found.reads, found.episodes, found.searches) == (2, 2, 0)
    assert (found.assumed, found.confirmed) == (0, 0)


def test_clicks_are_told_apart_by_whether_there_was_an_answer() -> None:
    clicked, passed_over, voted = asked("related"), asked("related"), asked("no_answer")
    answered, opened = asked(), asked()
    nothing = asked("no_answer", document="")
    by_program = asked("related", channel=Channel.API)
    found = report(
        *(clicked, passed_over, voted, answered, opened, nothing, by_program),
        read(query_id=clicked.query_id, rank=4),
        read("article/b", query_id=opened.query_id, rank=1),
        read("article/c", query_id=by_program.query_id, rank=9),
        read("article/d"),
        replace(said(False), query_id=voted.query_id),
    ).overall
    assert found.no_click_rate == pytest.approx(1 / 3)  # of clicked, passed over, and voted
    assert found.no_click_after_answer_rate == 0.5
    assert found.click_through == 2 / 5
    assert found.click_position == 2.5
    assert found.reads == 4


def test_clicks_in_the_widget_count_like_clicks_on_the_site() -> None:
    search = asked("related", channel=Channel.WIDGET)
    passed_over = asked("related", channel=Channel.WIDGET)
    found = report(search, passed_over, read(query_id=search.query_id, rank=3)).overall
    assert (found.searches, found.no_click_rate, found.click_position) == (2, 0.5, 3)


def test_lists_for_programs_leave_the_unanswered_rate_honest() -> None:
    found = report(asked(), asked("no_answer"), asked(LISTED, channel=Channel.API)).overall
    assert (found.searches, found.listed, found.related) == (3, 1, 0)
    assert found.unanswered_rate == 0.5


def test_effort_is_told_for_each_topic() -> None:
    found = report(
        asked(document="article/a"),
        asked(document="article/b", visitor="v2"),
        read("article/b", "v2"),
        read("article/c", "v2", at=later(minutes=1)),
    )
    assert {topic: one.effort for topic, one in found.by_topic.items()} == {"a": 0, "b": 0, "c": 1}


def signals_of(document: str, *events: Search | Read | Vote, writers: str = "") -> Signals:
    found = report(*events, contacts=Contacts(writers=frozenset(writers.split()))).documents
    return next(one for one in found if one.document == document)


def test_a_page_shows_its_signals_and_their_formula() -> None:
    events = (
        read("article/a", "v1"),
        asked(visitor="v1", at=later(minutes=1), question="anders"),
        read("article/b", "v1", at=later(minutes=2)),
        read("article/a", "v2"),
        said(False, "v3", document="article/a"),
    )
    found = signals_of("article/a", *events, writers="v2")
    assert (found.readers, found.unsolved, found.searched_on, found.contacts) == (2, 1, 1, 1)
    assert found.dissatisfaction == (2 * 1 + 1 + 3 * 1) / (2 + 5)
    assert signals_of("article/b", *events).searched_on == 0


def test_the_same_words_again_are_no_further_search() -> None:
    first = asked(question="Akku")
    again = asked(question="Akku", at=later(minutes=2))
    other = asked(question="Akku laden", at=later(minutes=2))
    opened = read(at=later(minutes=1))
    assert signals_of("article/a", first, opened, again).searched_on == 0
    assert signals_of("article/a", first, opened, other).searched_on == 1
    tomorrow = asked(question="Akku laden", at=later(hours=2))
    assert signals_of("article/a", first, opened, tomorrow).searched_on == 0


def test_a_contact_counts_for_the_pages_of_the_days_last_episode() -> None:
    early, late = read("article/a"), read("article/b", at=later(hours=1))
    assert signals_of("article/a", early, late, writers="v1").contacts == 0
    assert signals_of("article/b", early, late, writers="v1").contacts == 1
    assert report(early, late, contacts=Contacts(writers=frozenset({"v1"}))).overall.effort == 3


def test_a_page_carries_the_effort_of_the_episodes_in_which_it_was_read() -> None:
    events = (
        *(asked(visitor="v1"), read("article/a", "v1"), read("article/b", "v1")),
        *(read("article/a", "v2"), said(False, "v2", document="article/c")),
    )
    found = signals_of("article/a", *events)
    assert (found.episodes, found.effort, found.effort_index) == (2, 1 + 2, 1.5)
    assert signals_of("article/c", *events).effort_index is None


def test_one_voice_does_not_outweigh_a_page_that_disappoints_many() -> None:
    single = [read("article/b", "w"), said(False, "w", document="article/b")]
    many = [read("article/a", f"r{number}") for number in range(20)]
    votes = [said(False, f"r{number}") for number in range(8)]
    assert [one.document for one in report(*single, *many, *votes).documents] == [
        "article/a",
        "article/b",
    ]


def test_confirmed_and_assumed_resolution_stand_apart() -> None:
    found = report(
        asked(visitor="said yes"),
        said(True, "said yes"),
        asked(visitor="left with an answer"),
        asked(visitor="left without", status="no_answer"),
        asked(visitor="said no"),
        said(False, "said no"),
        asked(visitor="may still come back", at=NOW - timedelta(hours=23)),
    ).overall
    assert (found.confirmed, found.assumed, found.episodes) == (1, 1, 5)


def test_what_happened_on_other_days_is_left_out() -> None:
    early = datetime(2026, 11, 15, 23, 59, tzinfo=UTC)
    found = report(asked(at=early), asked(at=early + timedelta(minutes=2)), days=7)
    assert found.since == date(2026, 11, 16)
    assert found.overall.searches == 1


def test_every_day_has_a_place_even_without_searches() -> None:
    found = report(asked())
    assert list(found.over_time) == [date(2026, 11, day) for day in range(16, 23)]
    assert [counts.searches for counts in found.over_time.values()] == [0, 0, 0, 0, 1, 0, 0]


def test_weeks_begin_on_monday() -> None:
    found = report(asked(), days=10, step=Step.WEEK)
    assert [day.isoformat() for day in found.over_time] == ["2026-11-09", "2026-11-16"]
    assert [counts.searches for counts in found.over_time.values()] == [0, 1]


def test_phases_and_teams_add_up_to_everything() -> None:
    found = report(
        asked(phase="awareness", team="advice"),
        asked(visitor="v2", phase="service", team="workshop"),
        said(False, "v2", document="article/workshop"),
        said(True, "v3", document="article/advice"),
    )
    for groups in (found.by_phase, found.by_team):
        for name in ("searches", "solved", "unsolved", "episodes", "effort"):
            total = sum(getattr(counts, name) for counts in groups.values())
            assert total == getattr(found.overall, name), name
    assert found.by_team["workshop"].unsolved == 1
    assert found.by_team["advice"].solved == 1


def with_contacts(contacts: Contacts) -> Insight:
    return insight(
        [asked(), asked(visitor="v2")],
        [],
        [],
        lambda _: Place(),
        until=NOW.date(),
        days=7,
        step=Step.DAY,
        now=NOW + timedelta(days=2),
        contacts=contacts,
    )


def test_a_contact_after_reading_is_effort_and_no_resolution() -> None:
    before = with_contacts(NO_CONTACTS).overall
    after = with_contacts(Contacts(visitors=2, writers=frozenset({"v2"}))).overall
    assert (before.effort, before.assumed) == (0, 2)
    assert (after.effort, after.assumed) == (3, 1)


def test_rates_of_contacts() -> None:
    known = Contacts(Repeats(4, 1), visitors=6, writers=frozenset({"a", "b", "c"}))
    assert (known.all.rate, known.self_service_score) == (0.25, 2.0)
    assert (NO_CONTACTS.all.rate, NO_CONTACTS.self_service_score) == (None, None)


@pytest.mark.parametrize("days", [1, 366])
def test_any_span_can_be_reported(days: int) -> None:
    assert len(report(days=days).over_time) == days
