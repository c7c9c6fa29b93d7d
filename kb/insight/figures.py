"""The figures: what is counted, and the rates made of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ANSWERED, UNANSWERED = "answered", "no_answer"  # of a search's status


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document belongs."""

    phase: str = ""  # of the journey; "" for none
    team: str = ""
    topic: str = ""  # category of an article, type of a product; one topic if called the same


@dataclass(slots=True)
class Counts:
    """What was counted for everything, a phase, a team, a topic or a span of time."""

    searches: int = 0
    answered: int = 0
    unanswered: int = 0  # best confidence below the threshold
    related: int = 0  # pages were shown, and no claim was made
    listed: int = 0  # a program asked for a list: whether that answers, nobody judged
    # Of searches on the site alone: programs need not tell what was opened.
    with_answer: int = 0
    with_answer_alone: int = 0  # of these, without a click or a vote
    with_pages: int = 0  # that showed pages and no answer
    with_pages_alone: int = 0
    clicked: int = 0  # that led to a page
    clicks: int = 0  # pages opened from them
    positions: int = 0  # sum of their places in the results; the first is 1
    reads: int = 0  # pages opened, each once a visitor's day
    solved: int = 0  # votes "this solved it"
    unsolved: int = 0
    episodes: int = 0
    confirmed: int = 0  # episodes in which somebody said "this solved it"
    assumed: int = 0  # episodes that ended with an answer, without a word and without a contact
    effort: int = 0  # over all episodes

    @property
    def unanswered_rate(self) -> float | None:
        """Searches whose best confidence is below the threshold ÷ searches that were judged."""
        return share(self.unanswered, self.searches - self.listed)

    @property
    def no_click_rate(self) -> float | None:
        """Of the searches that showed pages and no answer: those without any interaction."""
        return share(self.with_pages_alone, self.with_pages)

    @property
    def no_click_after_answer_rate(self) -> float | None:
        """Of the answered searches: those without any interaction. No failure: it was read."""
        return share(self.with_answer_alone, self.with_answer)

    @property
    def click_through(self) -> float | None:
        """Searches that led to a page ÷ searches with results."""
        return share(self.clicked, self.with_answer + self.with_pages)

    @property
    def click_position(self) -> float | None:
        """Mean place of what was opened."""
        return share(self.positions, self.clicks)

    @property
    def satisfaction(self) -> float | None:
        """Positive ÷ all votes."""
        return share(self.solved, self.solved + self.unsolved)

    @property
    def effort_index(self) -> float | None:
        """Effort per episode."""
        return share(self.effort, self.episodes)

    def figures(self) -> dict[str, float | int | None]:
        """Every figure by its name, in the order in which reports show them."""
        return {
            "searches": self.searches,
            "unanswered": self.unanswered,
            "unanswered_rate": rounded(self.unanswered_rate),
            "related": self.related,
            "listed": self.listed,
            "no_click_rate": rounded(self.no_click_rate),
            "no_click_after_answer_rate": rounded(self.no_click_after_answer_rate),
            "click_through": rounded(self.click_through),
            "click_position": rounded(self.click_position),
            "reads": self.reads,
            "votes_solved": self.solved,
            "votes_unsolved": self.unsolved,
            "satisfaction": rounded(self.satisfaction),
            "episodes": self.episodes,
            "resolution_confirmed": self.confirmed,
            "resolution_assumed": self.assumed,
            "effort_index": rounded(self.effort_index),
        }


@dataclass(frozen=True, slots=True)
class Repeats:
    """Contacts of one topic or about one document."""

    contacts: int = 0
    repeats: int = 0  # by the same person on the same topic within 7 days

    @property
    def rate(self) -> float | None:
        """Contacts that repeat another one ÷ contacts."""
        return share(self.repeats, self.contacts)


@dataclass(frozen=True, slots=True)
class Contacts:
    """What the cases and the contact form know."""

    all: Repeats = Repeats()
    by_topic: Mapping[str, Repeats] = field(default_factory=dict)  # category or product type
    by_document: Mapping[str, Repeats] = field(default_factory=dict)  # kind/id
    deflected_explicit: int = 0  # contact form left with "solved"
    deflected_implicit: int = 0  # form started, suggestion seen, form abandoned
    visitors: int = 0  # who asked, read or wrote; a visitor is one for a day
    writers: frozenset[str] = frozenset()  # visitors who sent a message

    @property
    def self_service_score(self) -> float | None:
        """Visitors using the help center ÷ visitors making contact."""
        return share(self.visitors, len(self.writers))


NO_CONTACTS = Contacts()


def share(part: int, whole: int) -> float | None:
    """A part of a whole; None where there is nothing to divide."""
    return part / whole if whole else None


def rounded(value: float | None) -> float | None:
    """A rate as reports print it."""
    return None if value is None else round(value, 4)
