"""Episodes: what one visitor did without a pause of half an hour, and what it cost them."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeAlias

from kb.documents import Kind
from kb.feedback import SESSION, Read, Search, Vote
from kb.insight.figures import ANSWERED

NO_CONTACT = timedelta(hours=24)  # without which a resolution is not assumed

# The effort index; the report shows these words.
EFFORT_FORMULA = "extra searches + extra articles + 2 × negative votes + 3 × contact after reading"
OF_NEGATIVE_VOTE, OF_CONTACT = 2, 3
_ARTICLE = f"{Kind.ARTICLE}/"  # what names of articles begin with

Event: TypeAlias = Search | Read | Vote


@dataclass(slots=True)
class Episode:
    """What one visitor did, in order; never empty."""

    events: list[Event] = field(default_factory=list)
    ends_in_contact: bool = False

    @property
    def began(self) -> datetime:
        return self.events[0].at

    @property
    def searches(self) -> list[Search]:
        return [one for one in self.events if isinstance(one, Search)]

    @property
    def votes(self) -> list[Vote]:
        return [one for one in self.events if isinstance(one, Vote)]

    @property
    def reads(self) -> list[Read]:
        """Each page once, though several searches led there."""
        return list({one.document: one for one in self.events if isinstance(one, Read)}.values())

    @property
    def effort(self) -> int:
        """EFFORT_FORMULA: the first search and the first article are what anybody needs.

        Product pages cost nothing: who looks at many of them is choosing.
        """
        articles = [one for one in self.reads if one.document.startswith(_ARTICLE)]
        extra = max(0, len(self.searches) - 1) + max(0, len(articles) - 1)
        negative = sum(not vote.solved for vote in self.votes)
        return extra + OF_NEGATIVE_VOTE * negative + OF_CONTACT * self.ends_in_contact

    def is_confirmed(self) -> bool:
        return any(vote.solved for vote in self.votes)

    def is_assumed(self, now: datetime) -> bool:
        """Left after an answer, nothing said, and no contact within 24 hours.

        Who only opened a page may have found it or given up: nothing is assumed of them.
        """
        searches = self.searches
        if self.votes or self.ends_in_contact or not searches:
            return False
        return searches[-1].status == ANSWERED and now - self.events[-1].at >= NO_CONTACT


def episodes(events: Iterable[Event], writers: Container[str]) -> list[Episode]:
    """What each visitor did, cut where half an hour passed without anything.

    When somebody wrote is not kept, only that they did that day: the last episode ends in it.
    """
    in_order = sorted(events, key=lambda one: (one.visitor, one.at))
    found: list[Episode] = []
    for visitor, own in groupby(in_order, key=lambda one: one.visitor):
        last: datetime | None = None
        for event in own:
            if last is None or event.at - last > SESSION:
                found.append(Episode())
                last = event.at
            last = max(last, _end(event))
            found[-1].events.append(event)
        found[-1].ends_in_contact = visitor in writers
    return found


def _end(event: Event) -> datetime:
    return event.at + timedelta(seconds=event.seconds) if isinstance(event, Read) else event.at
