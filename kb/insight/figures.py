"""The figures: what is counted, and the rates made of it."""

from dataclasses import dataclass

ANSWERED, UNANSWERED = "answered", "no_answer"  # of a search's status


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
        return share(self.unanswered, self.searches)

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
            "votes_solved": self.solved,
            "votes_unsolved": self.unsolved,
            "satisfaction": rounded(self.satisfaction),
            "episodes": self.episodes,
            "resolution_confirmed": self.confirmed,
            "resolution_assumed": self.assumed,
            "effort_index": rounded(self.effort_index),
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
        return share(self.repeats, self.contacts)

    @property
    def self_service_score(self) -> float | None:
        """Visitors using the help center ÷ visitors making contact."""
        return share(self.visitors, len(self.writers))


NO_CONTACTS = Contacts()


@dataclass(frozen=True, slots=True)
class DocumentVotes:
    document: str  # kind/id
    solved: int
    unsolved: int

    @property
    def satisfaction(self) -> float:
        return self.solved / (self.solved + self.unsolved)


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
