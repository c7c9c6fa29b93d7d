"""Cases: what customers wrote to a team and what came of it, without how they are kept."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kb.emails import normal_email
from kb.feedback import Channel
from kb.site import Phase

REPEAT_WITHIN = timedelta(days=7)  # as the field counts repeat contacts

# Digits alone are spoken alike in every language. Drawn at random: a number tells neither how many
# cases there are nor which came before it. Eight digits are few enough to read over a telephone,
# and a number alone opens nothing.
_NUMBER = 8
# Crockford's base 32: no I, L, O or U to be misread. Twelve letters are 60 bits.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE = 12
_GROUP = 4
_MISREAD = str.maketrans("ILO", "110")
SALT = 16  # bytes
# A number, however it is grouped, and a code.
_READ_OUT = re.compile(
    r"(?<!\w)(?P<number>\d{4}\W{0,3}\d{4})\W{0,9}(?P<code>\w{4}\W{0,3}\w{4}\W{0,3}\w{4})(?!\w)",
    re.ASCII,
)


class CaseState(StrEnum):
    OPEN = "open"  # the team's turn
    ANSWERED = "answered"  # the customer's turn
    SOLVED = "solved"  # the customer says so
    CLOSED = "closed"  # the team says so


class Author(StrEnum):
    CUSTOMER = "customer"
    TEAM = "team"


class ItemKind(StrEnum):
    """What of a customer's day goes along with a message."""

    SEARCH = "search"
    READ = "read"
    VOTE = "vote"
    FINDER = "finder"
    CONTEXT = "context"  # what they chose to say of themselves


@dataclass(frozen=True, slots=True)
class PacketItem:
    """One thing that the customer saw before it was sent, and could leave out."""

    kind: ItemKind
    key: str  # the same each time the item is shown
    text: str  # masked question, comment of a vote, answers of the finder, or a context's value
    outcome: str = ""  # status of an answer; solved or unsolved, with the reason of a vote
    document: str = ""  # kind/id of what was shown, read or voted on; "" for none
    seconds: int = 0  # a page was in sight: whole minutes, 1 for less; 0 when nobody measured it

    @property
    def minutes(self) -> int:
        """Whole minutes in sight; 0 for less than one, or unknown: `seconds` tells which."""
        return self.seconds // 60


@dataclass(frozen=True, slots=True)
class Topic:
    """What a message is about, by the document that matches it best, and whom that leads to."""

    team: str  # "" when the site has none
    confidence: float  # 0..1: the best matches' share that belongs to the team
    document: str = ""  # kind/id; "" when nothing matches
    category: str = ""
    phase: Phase | str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """What a customer writes to a team."""

    message: str
    email: str
    name: str = ""
    product: str = ""  # id
    order_number: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    number: str  # as people read it: 4827-1935
    opened: datetime
    changed: datetime  # of the last message or state
    state: CaseState
    channel: Channel
    locale: str  # the customer's
    contact: Contact
    topic: Topic
    packet: tuple[PacketItem, ...]
    repeat_of: str  # number of an earlier case of the same person and topic; "" for none
    repeated_by: str  # number of a later one; "" for none
    missing: str  # the article that would have spared this case, in the team's words; "" for none


@dataclass(frozen=True, slots=True)
class Message:
    at: datetime
    author: Author
    text: str
    document: str = ""  # kind/id of an article the team refers to; "" for none


@dataclass(frozen=True, slots=True)
class Conversation:
    case: Case
    messages: tuple[Message, ...]  # in their order; the first one is the customer's

    def ends_with(self, author: Author, text: str) -> bool:
        """Whether this is the last message already: a button was pressed twice."""
        last = self.messages[-1]
        return (last.author, last.text) == (author, text)


def new_number() -> str:
    """A random case number; whoever keeps it must see that no other case has it."""
    digits = str(secrets.choice("123456789")) + "".join(
        secrets.choice("0123456789") for _ in range(_NUMBER - 1)
    )
    return _grouped(digits)


def clean_number(typed: str) -> str:
    """A case number as it is kept, however a person writes it; "" when it is none."""
    digits = "".join(letter for letter in typed[:100] if letter in "0123456789")
    return _grouped(digits) if len(digits) == _NUMBER else ""


def read_out(text: str) -> tuple[str, str]:
    """The case number in what a person reads out, and the resume code behind it; "" for what is
    not there. A code alone is not looked for.
    """
    both = _READ_OUT.search(text[:100].upper())
    if both:
        return clean_number(both["number"]), clean_code(both["code"])
    return clean_number(text), ""


def resume_code(key: bytes, number: str, salt: bytes) -> str:
    """The code that opens a case: 7K3M-Q9TX-W2HB.

    It is made anew from the secret key each time and kept nowhere: who reads the database alone
    opens no case.
    """
    digest = hmac.digest(key, b"resume code\n" + number.encode() + b"\n" + salt, hashlib.sha256)
    bits = int.from_bytes(digest, "big")
    return _grouped("".join(_LETTERS[bits >> 5 * place & 31] for place in range(_CODE)))


def clean_code(typed: str) -> str:
    """A resume code as it is shown, however a person writes it; "" when it cannot be one."""
    letters = typed[:100].upper().translate(_MISREAD)
    kept = "".join(letter for letter in letters if letter in _LETTERS)
    return _grouped(kept) if len(kept) == _CODE else ""


def opens(key: bytes, number: str, salt: bytes, typed: str) -> bool:
    """Whether this is the case's code; takes as long for a wrong one as for the right one."""
    return hmac.compare_digest(resume_code(key, number, salt), clean_code(typed))


def email_key(key: bytes, email: str) -> str:
    """The same for all spellings of an address, and of no use without the secret key."""
    known = normal_email(email).encode()
    return hmac.digest(key, b"e-mail\n" + known, hashlib.sha256).hex()


def topic_of(matches: Iterable[tuple[float, Topic]], default_team: str) -> Topic:
    """What a message is about, from the documents that match it with their scores, best first.

    The team is the best document's. Measured on the example's 166 answerable judgments, that is
    the right team for 95 of 100; the sum of scores of the first five by team is right for 86, of
    their eighth powers for 93. Below a confidence of .4 it is still right more often (12 of 17)
    than the default team (3 of 17), which therefore gets only what matches nothing.
    """
    known = list(matches)
    if not known:
        return Topic(default_team, 0.0)
    best = known[0][1]
    # The eighth power lets near ties count and all that follows fade: of the messages with a
    # share of .8 or more, 98 of 100 went right; of those below .6, 7 of 10.
    weights = [(score**8, topic.team) for score, topic in known]
    agreeing = sum(weight for weight, team in weights if team == best.team)
    share = agreeing / (sum(weight for weight, _ in weights) or 1.0)
    return Topic(best.team, round(share, 3), best.document, best.category, best.phase)


def _grouped(text: str) -> str:
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))
