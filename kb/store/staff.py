"""Staff, their attempts to sign in, and the log of what they did."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from kb.errors import StaffError
from kb.passwords import hash_password, is_right
from kb.staff import COMMAND_LINE, Action, Role, StaffMember
from kb.store.conflicts import one_at_a_time
from kb.store.database import Database
from kb.store.schema import audit, login_attempts, staff

# An office behind one address mistypes, too; a guesser needs thousands.
ATTEMPTS_OF_ACCOUNT, ATTEMPTS_OF_ADDRESS = 5, 20
ATTEMPTS_WITHIN = timedelta(minutes=15)
_LOCK = 0x6B63  # of PostgreSQL's advisory locks
_COLUMNS = [column for column in staff.c if column.name != "password"]


def add_member(
    database: Database, email: str, role: Role, password: str, by: str = COMMAND_LINE
) -> None:
    """Add somebody. Raises StaffError when the address has an account already."""
    row = {
        "email": email,
        "role": role.value,
        "password": hash_password(password),
        "stamp": secrets.token_hex(16),
        "disabled": False,
        "created": datetime.now(UTC),
    }
    with database.write() as connection:
        try:
            connection.execute(insert(staff).values(row))
        except IntegrityError as error:
            raise StaffError(f"{email} has an account already.") from error
        note(connection, by, "user.add", f"{email} ({role})")


def members(database: Database) -> list[StaffMember]:
    """All staff by address, the disabled ones too."""
    with database.read() as connection:
        rows = connection.execute(select(*_COLUMNS).order_by(staff.c.email)).mappings().all()
    return [_member(row) for row in rows]


def member(database: Database, number: int) -> StaffMember | None:
    """The member of this id who may work now; None when there is none, or it is disabled."""
    query = select(*_COLUMNS).where(staff.c.id == number, staff.c.disabled.is_(False))
    with database.read() as connection:
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _member(row)


def sign_in(database: Database, email: str, password: str) -> StaffMember | None:
    """The member with this address and password, who is not disabled; None for anybody else."""
    with database.read() as connection:
        query = select(staff).where(staff.c.email == email)
        row = connection.execute(query).mappings().one_or_none()
    usable = row is not None and not row["disabled"]
    if not is_right(row["password"] if row is not None and usable else None, password):
        return None
    with database.write() as connection:
        now = datetime.now(UTC)
        connection.execute(update(staff).where(staff.c.email == email).values(signed_in=now))
        note(connection, email, "user.sign_in", email)
    return _member(row)


def end_sessions(database: Database, email: str, by: str) -> None:
    """Sign somebody out everywhere."""
    with database.write() as connection:
        _change(connection, email, {})
        note(connection, by, "user.sign_out", email)


def set_password(database: Database, email: str, password: str, by: str = COMMAND_LINE) -> None:
    """Give a new password, which ends all sessions. Raises StaffError for an unknown address."""
    kept = hash_password(password)
    with database.write() as connection:
        _change(connection, email, {"password": kept})
        note(connection, by, "user.password", email)


def set_disabled(
    database: Database, email: str, disabled: bool = True, by: str = COMMAND_LINE
) -> None:
    """Shut somebody out at once, or let them in again. Raises StaffError for an unknown address."""
    with database.write() as connection:
        _change(connection, email, {"disabled": disabled})
        note(connection, by, "user.disable" if disabled else "user.enable", email)


def may_attempt(database: Database, account: str, address: str, now: datetime) -> bool:
    """Count an attempt to sign in; False when this account or address made too many lately.

    Both are pseudonyms of a day. The count is kept in the records, so all server processes share
    it, and is taken before the password is looked at, so attempts at the same time count too.
    """
    limits = {account: ATTEMPTS_OF_ACCOUNT, address: ATTEMPTS_OF_ADDRESS}
    since = now - ATTEMPTS_WITHIN
    with database.write() as connection:
        one_at_a_time(connection, _LOCK)
        connection.execute(delete(login_attempts).where(login_attempts.c.at <= since))
        if any(_attempts(connection, key) >= most for key, most in limits.items()):
            return False
        rows = [{"key": key, "at": now} for key in limits]
        connection.execute(insert(login_attempts), rows)
    return True


def forget_attempts(database: Database, account: str) -> None:
    """After a success the account begins anew; its address does not."""
    with database.write() as connection:
        connection.execute(delete(login_attempts).where(login_attempts.c.key == account))


def note(
    connection: Connection, by: str, action: str, target: str, at: datetime | None = None
) -> None:
    """Write a line of the audit log, in the transaction of the action itself."""
    row = {"at": at or datetime.now(UTC), "staff": by, "action": action, "target": target[:254]}
    connection.execute(insert(audit).values(row))


def actions(database: Database, limit: int, skipped: int = 0) -> list[Action]:
    """Lines of the audit log, the newest first, without the `skipped` newest of all."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit).offset(skipped)
    with database.read() as connection:
        rows: Sequence[Any] = connection.execute(query).all()
    return [Action(row.at, row.staff, row.action, row.target) for row in rows]


def _attempts(connection: Connection, key: str) -> int:
    query = select(func.count()).where(login_attempts.c.key == key)
    return connection.execute(query).scalar_one()


def _change(connection: Connection, email: str, values: dict[str, object]) -> None:
    """Change a member and end all sessions."""
    changed = update(staff).where(staff.c.email == email)
    done = connection.execute(changed.values(**values, stamp=secrets.token_hex(16)))
    if not done.rowcount:
        raise StaffError(f"{email} has no account; `kb user list` names those who have.")


def _member(row: Any) -> StaffMember:
    known = {column.name: row[column.name] for column in _COLUMNS}
    return StaffMember(**{**known, "role": Role(row["role"])})
