"""What visitors asked and whether it helped: the records, without how they are kept."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kb.site import Phase

MAX_COMMENT = 2000  # characters


class Channel(StrEnum):
    SITE = "site"
    API = "api"


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
    status: str  # answered, related, no_answer
    confidence: float
    document: str  # kind/id the confidence is about; "" for none
    phase: Phase | str  # of that document; "" for none
    team: str  # that would take over


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
