"""One report: the figures of everything, by journey phase, team and topic, and over time."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from kb.feedback import LISTED, Read, Search, Vote
from kb.insight.episodes import Episode, Event, episodes
from kb.insight.figures import ANSWERED, NO_CONTACTS, UNANSWERED, Contacts, Counts, Place
from kb.insight.signals import Signals, signals


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
    by_topic: Mapping[str, Counts]
    over_time: Mapping[date, Counts]  # by the first day of each step, none left out
    documents: Sequence[Signals]  # the least satisfying first
    contacts: Contacts


def insight(
    searches: Sequence[Search],
    reads: Sequence[Read],
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
    opened = [one for one in reads if since <= one.at.date() <= until]
    said = [one for one in votes if since <= one.at.date() <= until]
    found = episodes([*asked, *opened, *said], contacts.writers)
    tally = _Tally(since, until, step, place_of)
    _count_searches(tally, asked, opened, said)
    _count_reads(tally, asked, opened)
    for vote in said:
        for counts in tally.of(vote):
            counts.solved += vote.solved
            counts.unsolved += not vote.solved
    _count_episodes(tally, found, now)
    return Insight(
        since=since,
        until=until,
        step=step,
        overall=tally.overall,
        by_phase=dict(sorted(tally.by_phase.items())),
        by_team=dict(sorted(tally.by_team.items())),
        by_topic=dict(sorted(tally.by_topic.items())),
        over_time=tally.over_time,
        documents=signals(found, said),
        contacts=contacts,
    )


class _Tally:
    """The counts of a report, and which of them an event belongs to."""

    def __init__(
        self, since: date, until: date, step: Step, place_of: Callable[[str], Place]
    ) -> None:
        self.overall = Counts()
        self.by_phase: dict[str, Counts] = defaultdict(Counts)
        self.by_team: dict[str, Counts] = defaultdict(Counts)
        self.by_topic: dict[str, Counts] = defaultdict(Counts)
        self.over_time = {start: Counts() for start in _steps(since, until, step)}
        self._step = step
        self._place_of = place_of

    def of(self, event: Event, at: datetime | None = None) -> tuple[Counts, ...]:
        """The counts of an event, or of what ended with it and began `at`."""
        place = place_of_event(event, self._place_of)
        start = self._step.start((at or event.at).date())
        by_place = self.by_phase[place.phase], self.by_team[place.team], self.by_topic[place.topic]
        return self.overall, *by_place, self.over_time[start]


def place_of_event(event: Event, place_of: Callable[[str], Place]) -> Place:
    """Where something belongs; a search remembers the phase and team it was given."""
    place = place_of(event.document)
    if isinstance(event, Search):
        return Place(event.phase, event.team, place.topic)
    return place


def _steps(since: date, until: date, step: Step) -> Iterable[date]:
    start = step.start(since)
    while start <= until:
        yield start
        start += timedelta(days=step.days)


def _count_searches(
    tally: _Tally, asked: Iterable[Search], opened: Iterable[Read], said: Iterable[Vote]
) -> None:
    clicked = {one.query_id for one in opened}
    touched = clicked | {one.query_id for one in said}
    for search in asked:
        for counts in tally.of(search):
            _count_search(counts, search)
            if search.channel.leads_to_pages:
                _count_clicks(counts, search, clicked, touched)


def _count_reads(tally: _Tally, asked: Iterable[Search], opened: Iterable[Read]) -> None:
    on_site = {one.query_id for one in asked if one.channel.leads_to_pages}
    known: set[tuple[str, str]] = set()
    for read in opened:
        for counts in tally.of(read):
            counts.reads += (read.visitor, read.document) not in known
            if read.query_id in on_site:
                counts.clicks += 1
                counts.positions += read.rank
        known.add((read.visitor, read.document))


def _count_episodes(tally: _Tally, found: Iterable[Episode], now: datetime) -> None:
    """An episode belongs where it ended, and to the time when it began."""
    for episode in found:
        confirmed, assumed, effort = episode.is_confirmed(), episode.is_assumed(now), episode.effort
        for counts in tally.of(episode.events[-1], episode.began):
            counts.episodes += 1
            counts.confirmed += confirmed
            counts.assumed += assumed
            counts.effort += effort


def _count_search(counts: Counts, search: Search) -> None:
    counts.searches += 1
    counts.answered += search.status == ANSWERED
    counts.unanswered += search.status == UNANSWERED
    counts.listed += search.status == LISTED
    counts.related += search.status not in (ANSWERED, UNANSWERED, LISTED)


def _count_clicks(
    counts: Counts, search: Search, clicked: Container[str], touched: Container[str]
) -> None:
    is_alone = search.query_id not in touched
    counts.clicked += search.query_id in clicked
    if search.status == ANSWERED:
        counts.with_answer += 1
        counts.with_answer_alone += is_alone
    elif search.document:  # something was found
        counts.with_pages += 1
        counts.with_pages_alone += is_alone
