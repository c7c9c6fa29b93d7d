"""Signals of dissatisfaction: what the visitors of a page did that satisfied ones do not.

None of them is proof. Their formula is open, weighs them as the effort index does, and every one of
them leads to what it was counted from.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kb.feedback import Read, Search, Vote
from kb.insight.episodes import OF_CONTACT, OF_NEGATIVE_VOTE, Episode
from kb.insight.figures import share

# The report shows these words. Some readers are added to all, so that a single voice of a page that
# hardly anybody reads does not put it on top.
DISSATISFACTION_FORMULA = (
    "(2 × negative votes + further searches after reading + 3 × contacts after reading)"
    " ÷ (readers + 5)"
)
_ADDED_READERS = 5


@dataclass(slots=True)
class Signals:
    """What was counted of one document."""

    document: str  # kind/id
    readers: int = 0  # visitors of a day who opened it
    solved: int = 0  # votes on it, and on answers from it
    unsolved: int = 0
    searched_on: int = 0  # searches in other words, when this was the last page read before
    contacts: int = 0  # readers in whose last episode of the day it was, and who wrote that day
    episodes: int = 0  # in which it was read
    effort: int = 0  # of these episodes

    @property
    def satisfaction(self) -> float | None:
        return share(self.solved, self.solved + self.unsolved)

    @property
    def effort_index(self) -> float | None:
        """Effort of an episode in which it was read."""
        return share(self.effort, self.episodes)

    @property
    def dissatisfaction(self) -> float:
        """DISSATISFACTION_FORMULA."""
        weighed = OF_NEGATIVE_VOTE * self.unsolved + self.searched_on + OF_CONTACT * self.contacts
        return weighed / (self.readers + _ADDED_READERS)


def signals(episodes: list[Episode], votes: Iterable[Vote]) -> list[Signals]:
    """The signals of every document that was read or voted on, the least satisfying first."""
    found: dict[str, Signals] = {}

    def of(document: str) -> Signals:
        return found.setdefault(document, Signals(document))

    read = {(read.visitor, read.document) for one in episodes for read in one.reads}
    for _, document in read:
        of(document).readers += 1
    for vote in votes:
        of(vote.document).solved += vote.solved
        of(vote.document).unsolved += not vote.solved
    for episode in episodes:
        effort = episode.effort
        for one in episode.reads:
            of(one.document).episodes += 1
            of(one.document).effort += effort
    for document, _ in searches_after_reading(episodes):
        of(document).searched_on += 1
    for one in reads_before_contact(episodes):
        of(one.document).contacts += 1
    return sorted(
        found.values(), key=lambda one: (-one.dissatisfaction, one.satisfaction or 0, one.document)
    )


def searches_after_reading(episodes: Iterable[Episode]) -> Iterator[tuple[str, Search]]:
    """Searches in other words within an episode, with the last document read before each."""
    for episode in episodes:
        document, question = "", ""
        for event in episode.events:
            if isinstance(event, Read):
                document = event.document
            elif isinstance(event, Search):
                if document and not (event.question and event.question == question):
                    yield document, event
                document, question = "", event.question


def reads_before_contact(episodes: Iterable[Episode]) -> Iterator[Read]:
    """Reads of the episodes that ended in a contact."""
    for episode in episodes:
        if episode.ends_in_contact:
            yield from episode.reads
