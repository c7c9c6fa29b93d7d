"""Content tasks: what feedback says should be written or mended, and what it says so by."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

HALF_LIFE = 30  # days after which a piece of evidence counts half
CONFIRMATIONS = 2  # different visitors, before a question may be added to an article


class TaskKind(StrEnum):
    ARTICLE = "article"  # a document that did not help, or fails a judgment
    GAP = "gap"  # questions that nothing answers
    QUESTION = "question"  # other words for what an article answers, to be added to it


class State(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"  # an editor works on it; a question waits for `kb tasks apply`
    DONE = "done"
    DISMISSED = "dismissed"  # not worth it, or merged into another

    @property
    def is_live(self) -> bool:
        """Whether new evidence may still join."""
        return self in (State.OPEN, State.ACCEPTED)


class Source(StrEnum):
    """What kind of record a piece of evidence is."""

    VOTE = "vote"  # "this did not help", perhaps with a reason and a comment
    SEARCH = "search"  # a question without an answer
    JUDGMENT = "judgment"  # of content/judgments.toml, that fails
    CONFIRMATION = "confirmation"  # a vote "this solved it" after a search
    STAFF = "staff"  # an agent or editor confirmed it
    CASE = "case"  # an agent says that an article would have spared it


@dataclass(frozen=True, slots=True)
class Evidence:
    source: Source
    reference: str  # id of the vote, number of the case, hash of the judgment …
    visitor: str  # of that day; "" for none
    at: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """What a task is about. Evidence of one subject joins its live task, if there is one."""

    kind: TaskKind
    document: str  # kind/id; of a gap the product that its questions name, else ""
    locale: str  # "" for an article: all its languages
    title: str  # the question; "" for an article
    team: str
    phase: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at the records found for one subject."""

    subject: Subject
    evidence: tuple[Evidence, ...]
    task: int | None = None  # the live one it was found to belong to, if known


@dataclass(frozen=True, slots=True)
class Task:
    id: int
    subject: Subject
    state: State
    opened: datetime
    changed: datetime  # of the state
    merged_into: int | None
    fixed_by: str  # commit; "" for none
    evidence: tuple[Evidence, ...]  # in the order of time

    def weight(self, now: datetime) -> float:
        """How much speaks for it: the sum over its evidence of 0.5 ** (age in days / 30).

        Ten votes of today weigh ten, of a month ago five.
        """
        return math.fsum(math.exp2(-_days(now - one.at) / HALF_LIFE) for one in self.evidence)

    def age(self, now: datetime) -> int:
        """Whole days since the first evidence, which may be older than the task."""
        first = min([self.opened] + [one.at for one in self.evidence])
        return max(0, (now - first).days)

    @property
    def is_confirmed(self) -> bool:
        """Whether enough people said that the article answers this: two visitors, or one of staff.

        A visitor is one of a day, so the same person on two days counts twice.
        """
        visitors = {one.visitor for one in self.evidence if one.source is Source.CONFIRMATION}
        return len(visitors) >= CONFIRMATIONS or any(
            one.source is Source.STAFF for one in self.evidence
        )

    @property
    def is_ripe(self) -> bool:
        """Whether an editor can do something about it: a proposed question must be confirmed."""
        return self.subject.kind is not TaskKind.QUESTION or self.is_confirmed


def by_weight(tasks: Iterable[Task], now: datetime) -> list[Task]:
    """The weightiest first; of equal ones the older."""
    return sorted(tasks, key=lambda task: (-round(task.weight(now), 6), task.id))


def _days(span: timedelta) -> float:
    return max(0.0, span / timedelta(days=1))
