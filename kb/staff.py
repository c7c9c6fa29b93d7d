"""Who works with the help center: staff, their roles, and what they did."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kb.errors import StaffError

LEAST_PASSWORD, MOST_PASSWORD = 12, 500  # characters
COMMAND_LINE = "command line"  # who did what `kb` was told to do
SERVER = "server"  # who did what is due every day


class Role(StrEnum):
    """What somebody may do."""

    EDITOR = "editor"  # looks after the content: accepts, merges and closes tasks
    AGENT = "agent"  # talks to customers: reads, and confirms what customers ask
    ADMIN = "admin"  # both, and reads the audit log


@dataclass(frozen=True, slots=True)
class StaffMember:
    id: int
    email: str  # in its normal form
    role: Role
    stamp: str  # changes when all sessions must end
    disabled: bool
    created: datetime
    signed_in: datetime | None  # the last time


@dataclass(frozen=True, slots=True)
class Action:
    """A line of the audit log."""

    at: datetime
    staff: str  # e-mail address, COMMAND_LINE or SERVER
    action: str  # task.accept, user.disable …
    target: str


def checked_password(text: str) -> str:
    """The password. Raises StaffError when it is too short to be safe, or absurdly long."""
    if not LEAST_PASSWORD <= len(text) <= MOST_PASSWORD:
        raise StaffError(f"A password needs {LEAST_PASSWORD} to {MOST_PASSWORD} characters.")
    return text
