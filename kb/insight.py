"""What the records say of the service, in the terms of the field.

All figures are counted from searches, votes and contacts as they were written. Nothing here is
weighed or guessed, but for two formulas that are stated where they stand: assumed resolution and
effort.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby

from kb.feedback import Search, Vote

IDLE = timedelta(minutes=30)  # after which a session has ended
NO_CONTACT = timedelta(hours=24)  # without which a resolution is not assumed
ANSWERED, UNANSWERED = "answered", "no_answer"  # of a search's status

# The effort index; the report shows these words.
EFFORT_FORMULA = "extra searches + extra articles + 2 × negative votes + 3 × contact after reading"
_OF_NEGATIVE_VOTE, _OF_CONTACT = 2, 3


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
class Place:
    """Where a document belongs."""

    phase: str = ""  # of the journey; "" for none
    team: str = ""


@dataclass(slots=True)
class Counts:
    """What was counted for everything, a phase, a team or a span of time."""

    searches: int = 0
    unanswered: int = 0  # best confidence below the threshold
    related: int = 0  # articles were shown, and no claim was made
    solved: int = 0  # votes "this solved it"
    unsolved: int = 0
    episodes: int = 0
    confirmed: int = 0  # episodes in which somebody said "this solved it"
    assumed: int = 0  # episodes that ended with an answer, without a word and without a contact
    effort: int = 0  # over all episodes

    @property
    def unanswered_rate(self) -> float | None:
        """Searches whose best confidence is below the threshold ÷ searches."""
        return _share(self.unanswered, self.searches)

    @property
    def satisfaction(self) -> float | None:
        """Positive ÷ all votes."""
        return _share(self.solved, self.solved + self.unsolved)

    @property
    def effort_index(self) -> float | None:
        """Effort per episode."""
        return _share(self.effort, self.episodes)

    def figures(self) -> dict[str, float | int | None]:
        """Every figure by its name, in the order in which reports show them."""
        return {
            "searches": self.searches,
            "unanswered": self.unanswered,
            "unanswered_rate": _rounded(self.unanswered_rate),
            "related": self.related,
            "votes_solved": self.solved,
            "votes_unsolved": self.unsolved,
            "satisfaction": _rounded(self.satisfaction),
            "episodes": self.episodes,
            "resolution_confirmed": self.confirmed,
            "resolution_assumed": self.assumed,
            "effort_index": _rounded(self.effort_index),
        }


@dataclass(frozen=True, slots=True)
class Contacts:
    """What the cases and the contact form know."""

    contacts: int = 0
    repeats: int = 0  # by the same person on the same topic within 7 days
    deflected_explicit: int = 0  # contact form left with "solved"
    deflected_implicit: int = 0  # form started, suggestion seen, form abandoned
    visitors: int = 0  # who asked or wrote; a visitor is one for a day
    writers: frozenset[str] = frozenset()  # visitors who sent a message

    @property
    def repeat_rate(self) -> float | None:
        """Contacts that repeat another one ÷ contacts."""
        return _share(self.repeats, self.contacts)

    @property
    def self_service_score(self) -> float | None:
        """Visitors using the help center ÷ visitors making contact."""
        return _share(self.visitors, len(self.writers))


@dataclass(frozen=True, slots=True)
class DocumentVotes:
    document: str  # kind/id
    solved: int
    unsolved: int

    @property
    def satisfaction(self) -> float:
        return self.solved / (self.solved + self.unsolved)


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


@dataclass(slots=True)
class _Episode:
    """What one visitor did without a pause of half an hour."""

    searches: list[Search] = field(default_factory=list)
    votes: list[Vote] = field(default_factory=list)
    ends_in_contact: bool = False

    def add(self, event: Search | Vote) -> None:
        if isinstance(event, Search):
            self.searches.append(event)
        else:
            self.votes.append(event)

    @property
    def began(self) -> datetime:
        return min([one.at for one in self.searches] + [one.at for one in self.votes])

    @property
    def effort(self) -> int:
        """EFFORT_FORMULA, as far as it is recorded: articles read are not yet."""
        extra = max(0, len(self.searches) - 1)
        negative = sum(not vote.solved for vote in self.votes)
        return extra + _OF_NEGATIVE_VOTE * negative + _OF_CONTACT * self.ends_in_contact

    def is_confirmed(self) -> bool:
        return any(vote.solved for vote in self.votes)

    def is_assumed(self, now: datetime) -> bool:
        """Left after an answer, nothing said, and no contact within 24 hours."""
        if self.votes or self.ends_in_contact or not self.searches:
            return False
        last = self.searches[-1]
        return last.status == ANSWERED and now - last.at >= NO_CONTACT


def insight(
    searches: Sequence[Search],
    votes: Sequence[Vote],
    place_of: Callable[[str], Place],
    *,
    until: date,
    days: int,
    step: Step,
    now: datetime,
    contacts: Contacts = Contacts(),
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
    for episode in _episodes(asked, said, contacts.writers):
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


def _count_episode(counts: Counts, episode: _Episode, now: datetime) -> None:
    counts.episodes += 1
    counts.confirmed += episode.is_confirmed()
    counts.assumed += episode.is_assumed(now)
    counts.effort += episode.effort


def _episodes(
    searches: Iterable[Search], votes: Iterable[Vote], writers: Container[str]
) -> list[_Episode]:
    """Searches and votes of each visitor, cut where half an hour passed without any.

    When somebody wrote is not kept, only that they did that day: the last episode ends in it.
    """
    events: list[Search | Vote] = [*searches, *votes]
    events.sort(key=lambda one: (one.visitor, one.at))
    found: list[_Episode] = []
    for visitor, own in groupby(events, key=lambda one: one.visitor):
        last: datetime | None = None
        for event in own:
            if last is None or event.at - last > IDLE:
                found.append(_Episode())
            last = event.at
            found[-1].add(event)
        found[-1].ends_in_contact = visitor in writers
    return found


def _place(episode: _Episode, place_of: Callable[[str], Place]) -> Place:
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


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
