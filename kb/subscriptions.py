"""Visitors who want to hear when what they complained about was fixed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Progress(StrEnum):
    """How far it is with one subscription."""

    ASKED = "asked"  # the address was typed; its owner has not confirmed
    CONFIRMED = "confirmed"  # waits for the fix
    TOLD = "told"  # was sent the one e-mail
    SOLVED = "solved"  # said that the fix helped


@dataclass(frozen=True, slots=True)
class Subscription:
    id: str  # random; whoever knows it, signed, owns the address
    email: str  # in its normal form
    visitor: str  # who asked, of that day
    locale: str
    vote: int
    state: Progress
    consent: str  # the words that were agreed to
    round: int  # how often it was reopened
    asked: datetime
    changed: datetime
