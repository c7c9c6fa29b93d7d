"""Staff on real databases: accounts, sign-ins, attempts, and the log of what was done."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher, Type
from sqlalchemy import select

from kb.errors import StaffError
from kb.staff import Role, checked_password
from kb.store.database import Database
from kb.store.schema import staff
from kb.store.staff import (
    ATTEMPTS_OF_ACCOUNT,
    ATTEMPTS_OF_ADDRESS,
    ATTEMPTS_WITHIN,
    actions,
    add_member,
    end_sessions,
    forget_attempts,
    may_attempt,
    member,
    members,
    set_disabled,
    set_password,
    sign_in,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ERIKA, PASSWORD = "erika@example.org", "ein recht langes Passwort"


@pytest.fixture
def staffed(database: Database) -> Database:
    add_member(database, ERIKA, Role.EDITOR, PASSWORD)
    return database


def test_the_right_password_signs_in_and_no_other(staffed: Database) -> None:
    found = sign_in(staffed, ERIKA, PASSWORD)
    assert found and (found.email, found.role) == (ERIKA, Role.EDITOR)
    assert sign_in(staffed, ERIKA, PASSWORD + " ") is None
    assert sign_in(staffed, "nobody@example.org", PASSWORD) is None


def test_passwords_are_kept_as_argon2_hashes(staffed: Database) -> None:
    with staffed.read() as connection:
        kept = connection.execute(select(staff.c.password)).scalar_one()
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


def test_a_stolen_hash_is_costly_to_guess(passwords: PasswordHasher) -> None:
    """At least what OWASP asks of argon2id: 19 MiB and two rounds."""
    assert passwords.type is Type.ID
    assert passwords.memory_cost >= 19 * 1024
    assert passwords.time_cost >= 2


def test_an_address_has_one_account(staffed: Database) -> None:
    with pytest.raises(StaffError, match="already"):
        add_member(staffed, ERIKA, Role.ADMIN, PASSWORD)
    assert [one.role for one in members(staffed)] == [Role.EDITOR]


def test_who_is_disabled_is_nobody_until_let_in_again(staffed: Database) -> None:
    (before,) = members(staffed)
    set_disabled(staffed, ERIKA)
    assert sign_in(staffed, ERIKA, PASSWORD) is None
    assert member(staffed, before.id) is None
    set_disabled(staffed, ERIKA, False)
    again = sign_in(staffed, ERIKA, PASSWORD)
    assert again and again.stamp != before.stamp


def test_a_new_password_and_signing_out_end_all_sessions(staffed: Database) -> None:
    stamps = [members(staffed)[0].stamp]
    set_password(staffed, ERIKA, "ein anderes langes Passwort")
    stamps.append(members(staffed)[0].stamp)
    end_sessions(staffed, ERIKA, ERIKA)
    stamps.append(members(staffed)[0].stamp)
    assert len(set(stamps)) == 3
    assert sign_in(staffed, ERIKA, PASSWORD) is None


@pytest.mark.parametrize("change", [set_disabled, lambda d, e: set_password(d, e, PASSWORD)])
def test_unknown_addresses_cannot_be_changed(staffed: Database, change: object) -> None:
    with pytest.raises(StaffError, match="no account"):
        change(staffed, "nobody@example.org")  # type: ignore[operator]


def test_an_account_allows_few_attempts_then_waits(database: Database) -> None:
    for number in range(ATTEMPTS_OF_ACCOUNT):
        assert may_attempt(database, "account", f"address-{number}", NOW)
    assert not may_attempt(database, "account", "another", NOW)
    assert may_attempt(database, "other account", "another", NOW)
    assert may_attempt(database, "account", "another", NOW + ATTEMPTS_WITHIN + timedelta(seconds=1))


def test_an_address_cannot_try_many_accounts(database: Database) -> None:
    for number in range(ATTEMPTS_OF_ADDRESS):
        assert may_attempt(database, f"account-{number}", "address", NOW)
    assert not may_attempt(database, "account-new", "address", NOW)


def test_a_success_clears_the_account_and_not_the_address(database: Database) -> None:
    for _ in range(ATTEMPTS_OF_ACCOUNT):
        may_attempt(database, "account", "address", NOW)
    forget_attempts(database, "account")
    assert may_attempt(database, "account", "address", NOW)
    for number in range(ATTEMPTS_OF_ADDRESS - ATTEMPTS_OF_ACCOUNT - 1):
        assert may_attempt(database, f"account-{number}", "address", NOW)
    assert not may_attempt(database, "account", "address", NOW)


def test_attempts_at_the_same_time_are_all_counted(database: Database) -> None:
    allowed: list[bool] = []
    threads = [
        threading.Thread(
            target=lambda n=n: allowed.append(may_attempt(database, "account", f"a{n}", NOW))  # type: ignore[misc]
        )
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) == ATTEMPTS_OF_ACCOUNT


def test_the_log_names_who_did_what_the_newest_first(staffed: Database) -> None:
    sign_in(staffed, ERIKA, PASSWORD)
    set_disabled(staffed, ERIKA, by="admin@example.org")
    lines = actions(staffed, 10)
    assert [(line.staff, line.action, line.target) for line in lines] == [
        ("admin@example.org", "user.disable", ERIKA),
        (ERIKA, "user.sign_in", ERIKA),
        ("command line", "user.add", f"{ERIKA} (editor)"),
    ]
    assert actions(staffed, 10, 1) == lines[1:]


@pytest.mark.parametrize("text", ["", "kurz", "x" * 501])
def test_passwords_are_long_enough_and_no_longer_than_a_page(text: str) -> None:
    with pytest.raises(StaffError):
        checked_password(text)
