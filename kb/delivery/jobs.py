"""What is to be delivered, over which way, and when it is tried again."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kb.settings import Settings

# While one process sends, no other one takes the same job. Longer than a send can take: each step
# of one has its own limit of seconds.
LEASE = timedelta(minutes=5)
_FIRST_PAUSE = 30.0  # seconds after the first failure; each further one waits twice as long …
_LONGEST_PAUSE = 6 * 3600.0  # … but never longer than this


class Event(StrEnum):
    """What happened to a case, or that there is a notice."""

    CREATED = "created"
    WRITTEN = "written"  # by the customer, after the first message
    ANSWERED = "answered"
    SOLVED = "solved"
    REOPENED = "reopened"
    CLOSED = "closed"
    NOTICE = "notice"  # to somebody who asked for one, of no case


class Way(StrEnum):
    """How somebody is told of it. Each has its own copy to deliver, its own tries and end."""

    TEAM_MAIL = "team_mail"
    CUSTOMER_MAIL = "customer_mail"
    WEBHOOK = "webhook"
    NOTICE = "notice"  # e-mail that was written when it was queued


class JobState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"  # given up; `kb deliver --dead` lists these


_MAIL = {
    Event.CREATED: (Way.TEAM_MAIL, Way.CUSTOMER_MAIL),
    Event.WRITTEN: (Way.TEAM_MAIL,),
    Event.REOPENED: (Way.TEAM_MAIL,),
    Event.ANSWERED: (Way.CUSTOMER_MAIL,),
}


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to tell over one way.

    Rows of the outbox say what. The words about cases are made when they are sent, so that no copy
    of a message or a code lies about.
    """

    id: str  # idempotency key, the same at each attempt
    case: str  # number; "" for a notice
    event: Event
    message: int  # id of the message it is about; 0 for none
    way: Way
    state: JobState
    created: datetime
    due: datetime
    attempts: int  # begun, this one included
    claim: str  # proves that this process may say how it ended
    error: str  # of the last attempt; "" for none
    mail: int | None  # id of the notice's mail; None for a case

    @property
    def about(self) -> str:
        """What is told and how, without an address or a text."""
        return f"case {self.case}, {self.event} by {self.way}" if self.case else "notice by e-mail"


def ways_of(settings: Settings) -> frozenset[Way]:
    """The ways this installation has been given."""
    mail = {Way.TEAM_MAIL, Way.CUSTOMER_MAIL, Way.NOTICE} if settings.smtp_host else set()
    return frozenset(mail | ({Way.WEBHOOK} if settings.webhook_url else set()))


def ways_for(event: Event, available: frozenset[Way]) -> list[Way]:
    """How this event is told, of what is available."""
    return [way for way in (*_MAIL.get(event, ()), Way.WEBHOOK) if way in available]


def pause_after(attempts: int) -> timedelta:
    """Seconds to wait after this many failed attempts: doubling, and spread by half, so that what
    failed together does not come back together."""
    longest = min(_FIRST_PAUSE * 2 ** min(attempts - 1, 30), _LONGEST_PAUSE)
    return timedelta(seconds=longest * random.uniform(0.5, 1.0))
