"""Figures of the report, counted from searches and votes by the definitions it states."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from test_store_records import SEARCH, VOTE

from kb.feedback import Search, Vote
from kb.insight.figures import Contacts, Counts, Place
from kb.insight.report import Insight, Step, insight

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOON = NOW - timedelta(days=2)
numbers = iter(range(10_000))


def asked(
    status: str = "answered", visitor: str = "v1", at: datetime = NOON, **other: str
) -> Search:
    name = f"q{next(numbers)}"
    return replace(SEARCH, query_id=name, status=status, visitor=visitor, at=at, **other)


def said(
    solved: bool, visitor: str = "v1", at: datetime = NOON, document: str = "article/a"
) -> Vote:
    return replace(VOTE, visitor=visitor, solved=solved, at=at, document=document)


def report(*events: Search | Vote, step: Step = Step.DAY, days: int = 7) -> Insight:
    return insight(
        [one for one in events if isinstance(one, Search)],
        [one for one in events if isinstance(one, Vote)],
        lambda document: Place("service", document.removeprefix("article/")),
        until=NOW.date(),
        days=days,
        step=step,
        now=NOW,
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
        lambda _: Place(),
        until=NOW.date(),
        days=7,
        step=Step.DAY,
        now=NOW + timedelta(days=2),
        contacts=contacts,
    )


def test_a_contact_after_reading_is_effort_and_no_resolution() -> None:
    before = with_contacts(Contacts()).overall
    after = with_contacts(Contacts(contacts=1, visitors=2, writers=frozenset({"v2"}))).overall
    assert (before.effort, before.assumed) == (0, 2)
    assert (after.effort, after.assumed) == (3, 1)


def test_rates_of_contacts() -> None:
    known = Contacts(contacts=4, repeats=1, visitors=6, writers=frozenset({"a", "b", "c"}))
    assert (known.repeat_rate, known.self_service_score) == (0.25, 2.0)
    assert (Contacts().repeat_rate, Contacts().self_service_score) == (None, None)


@pytest.mark.parametrize("days", [1, 366])
def test_any_span_can_be_reported(days: int) -> None:
    assert len(report(days=days).over_time) == days
