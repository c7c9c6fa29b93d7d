"""Episodes: what one visitor did without a pause of half an hour, and what it cost them."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from kb.feedback import SESSION, Search, Vote
from kb.insight.figures import ANSWERED

NO_CONTACT = timedelta(hours=24)  # without which a resolution is not assumed

# The effort index; the report shows these words.
EFFORT_FORMULA = "extra searches + extra articles + 2 × negative votes + 3 × contact after reading"
_OF_NEGATIVE_VOTE, _OF_CONTACT = 2, 3


@dataclass(slots=True)
class Episode:
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


def episodes(
    searches: Iterable[Search], votes: Iterable[Vote], writers: Container[str]
) -> list[Episode]:
    """Searches and votes of each visitor, cut where half an hour passed without any.

    When somebody wrote is not kept, only that they did that day: the last episode ends in it.
    """
    events: list[Search | Vote] = [*searches, *votes]
    events.sort(key=lambda one: (one.visitor, one.at))
    found: list[Episode] = []
    for visitor, own in groupby(events, key=lambda one: one.visitor):
        last: datetime | None = None
        for event in own:
            if last is None or event.at - last > SESSION:
                found.append(Episode())
            last = event.at
            found[-1].add(event)
        found[-1].ends_in_contact = visitor in writers
    return found
