"""What became of contact forms, told honestly: a deflection is not yet a solution.

explicit    The customer said "That solved it" at the form, and wrote to nobody that day.
implicit    The customer began to write, was shown an answer, and sent nothing that day. Whether
            they were helped or gave up nobody knows, so the two are never added up.

Counted in visitors of one day (see `kb.store.visitors`), by the steps they took.
"""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    STARTED = "started"  # something was typed into the form
    SUGGESTED = "suggested"  # an answer was shown beside it
    SOLVED = "solved"  # "That solved it"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Deflections:
    """Visitors of whole days who began a contact form."""

    started: int
    suggested: int
    explicit: int
    implicit: int
    sent: int
