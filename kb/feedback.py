"""What visitors asked and whether it helped: the records, without how they are kept."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from kb.site import Phase

MAX_COMMENT = 2000  # characters
MOST_SHOWN = 20  # documents of a search that are remembered; no results page has more
MOST_SECONDS = 1800  # in sight that one read counts; who is away has not closed the page
SESSION = timedelta(minutes=30)  # without anything, after which a session has ended

# Status of a search that listed pages and looked for no answer; the others are AnswerStatus.
LISTED = "listed"


class Channel(StrEnum):
    SITE = "site"
    WIDGET = "widget"  # the site's answers on another site's pages
    API = "api"

    @property
    def leads_to_pages(self) -> bool:
        """Whether who asked there opens pages of this site; programs need not tell of it."""
        return self is not Channel.API


class Place(StrEnum):
    """Where "Did this solve it?" was asked."""

    ARTICLE = "article"
    ANSWER = "answer"


class Reason(StrEnum):
    """Why something did not help; the visitor picks one, or none."""

    NOT_SEARCHED = "not_searched"  # not what I searched for
    INCOMPLETE = "incomplete"
    OUTDATED = "outdated"
    UNCLEAR = "unclear"  # hard to understand
    WRONG = "wrong"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Search:
    """One question and what came of it."""

    query_id: str
    at: datetime
    visitor: str  # of one day: see kb.store.visitors
    channel: Channel
    locale: str
    question: str  # masked
    status: str  # answered, related, no_answer; listed: no answer was looked for
    confidence: float
    document: str  # kind/id the confidence is about; "" for none
    phase: Phase | str  # of that document; "" for none
    team: str  # that would take over
    shown: tuple[str, ...] = ()  # kind/id of what it led to, from the top; forgotten in time


@dataclass(frozen=True, slots=True)
class Read:
    """A page that one visitor opened on one day, once for each search that led there.

    A page opened again from the same search, or again from none, is the same read.
    """

    visitor: str
    at: datetime  # when it was opened first
    document: str  # kind/id
    locale: str  # of the page
    query_id: str = ""  # of the search whose results held it; "" for none
    rank: int = 0  # its place among them, the first is 1; 0 when it is not known
    seconds: int = 0  # in sight, at most MOST_SECONDS; 0 when nobody measured it


@dataclass(frozen=True, slots=True)
class Vote:
    """One visitor's word on one document on one day; the last one counts."""

    visitor: str
    day: date
    document: str  # kind/id
    locale: str
    place: Place
    query_id: str  # of the search that led here; "" for none
    solved: bool
    reason: Reason | None
    comment: str  # masked; "" for none
    at: datetime
