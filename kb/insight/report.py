"""One report: the figures of everything, by journey phase, by team and over time."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from kb.feedback import Search, Vote
from kb.insight.episodes import Episode, episodes
from kb.insight.figures import (
    ANSWERED,
    NO_CONTACTS,
    UNANSWERED,
    Contacts,
    Counts,
    DocumentVotes,
    Place,
)


class Step(StrEnum):
    """How time is cut."""

    DAY = "day"
    WEEK = "week"  # from Monday

    def start(self, day: date) -> date:
        """The first day of the step that a day lies in."""
        return day - timedelta(days=day.weekday()) if self is Step.WEEK else day

    @property
    def days(self) -> int:
        return 7 if self is Step.WEEK else 1


@dataclass(frozen=True, slots=True)
class Insight:
    """One report."""

    since: date
    until: date  # the last day that counts
    step: Step
    overall: Counts
    by_phase: Mapping[str, Counts]
    by_team: Mapping[str, Counts]
    over_time: Mapping[date, Counts]  # by the first day of each step, none left out
    documents: Sequence[DocumentVotes]  # the least helpful first
    contacts: Contacts


def insight(
    searches: Sequence[Search],
    votes: Sequence[Vote],
    place_of: Callable[[str], Place],
    *,
    until: date,
    days: int,
    step: Step,
    now: datetime,
    contacts: Contacts = NO_CONTACTS,
) -> Insight:
    """The report of the `days` that end with `until`.

    `place_of` tells for kind/id of a document where it belongs. What was written on other days is
    left out.
    """
    since = until - timedelta(days=days - 1)
    asked = [one for one in searches if since <= one.at.date() <= until]
    said = [one for one in votes if since <= one.at.date() <= until]
    overall = Counts()
    by_phase: dict[str, Counts] = defaultdict(Counts)
    by_team: dict[str, Counts] = defaultdict(Counts)
    over_time = {start: Counts() for start in _steps(since, until, step)}

    def groups(at: datetime, place: Place) -> tuple[Counts, ...]:
        return overall, by_phase[place.phase], by_team[place.team], over_time[step.start(at.date())]

    for search in asked:
        for counts in groups(search.at, Place(search.phase, search.team)):
            _count_search(counts, search)
    for vote in said:
        for counts in groups(vote.at, place_of(vote.document)):
            counts.solved += vote.solved
            counts.unsolved += not vote.solved
    for episode in episodes(asked, said, contacts.writers):
        for counts in groups(episode.began, _place(episode, place_of)):
            _count_episode(counts, episode, now)
    return Insight(
        since=since,
        until=until,
        step=step,
        overall=overall,
        by_phase=dict(sorted(by_phase.items())),
        by_team=dict(sorted(by_team.items())),
        over_time=over_time,
        documents=_documents(said),
        contacts=contacts,
    )


def _steps(since: date, until: date, step: Step) -> Iterable[date]:
    start = step.start(since)
    while start <= until:
        yield start
        start += timedelta(days=step.days)


def _count_search(counts: Counts, search: Search) -> None:
    counts.searches += 1
    counts.unanswered += search.status == UNANSWERED
    counts.related += search.status not in (ANSWERED, UNANSWERED)


def _count_episode(counts: Counts, episode: Episode, now: datetime) -> None:
    counts.episodes += 1
    counts.confirmed += episode.is_confirmed()
    counts.assumed += episode.is_assumed(now)
    counts.effort += episode.effort


def _place(episode: Episode, place_of: Callable[[str], Place]) -> Place:
    """An episode belongs where it ended."""
    if episode.searches:
        last = episode.searches[-1]
        return Place(last.phase, last.team)
    return place_of(episode.votes[-1].document)


def _documents(votes: Iterable[Vote]) -> list[DocumentVotes]:
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for vote in votes:
        counted[vote.document][not vote.solved] += 1
    found = [DocumentVotes(name, yes, no) for name, (yes, no) in counted.items()]
    return sorted(found, key=lambda one: (one.satisfaction, -one.unsolved, one.document))
