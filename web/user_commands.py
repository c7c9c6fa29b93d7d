"""`kb user`: who may sign in at /admin."""

import sys
from typing import Any

import click

from web.options import data_option, opened_records

_ROLES = ("editor", "agent", "admin")


@click.group()
def user() -> None:
    """Staff who may sign in at /admin."""


@user.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice(_ROLES), required=True, help="What they may do.")
@data_option
def add(email: str, role: str, **options: Any) -> None:
    """Add somebody; the password is asked for, or read as one line from standard input."""
    from kb.emails import plain_email
    from kb.staff import Role
    from kb.store.staff import add_member

    address, password = plain_email(email), _asked_password()
    with opened_records(**options) as database:
        add_member(database, address, Role(role), password)
    click.echo(f"{address} may sign in as {role}.")


@user.command("list")
@data_option
def list_users(**options: Any) -> None:
    """List all staff with their roles."""
    from kb.store.staff import members

    with opened_records(**options) as database:
        for one in members(database):
            last = f"{one.signed_in:%Y-%m-%d}" if one.signed_in else "never"
            note = "  disabled" if one.disabled else ""
            click.echo(f"{one.email:40} {one.role:8} last signed in {last}{note}")


@user.command("disable")
@click.argument("email")
@click.option("--undo", is_flag=True, help="Let them in again.")
@data_option
def disable(email: str, undo: bool, **options: Any) -> None:
    """Shut somebody out at once; their sessions end."""
    from kb.emails import normal_email
    from kb.store.staff import set_disabled

    address = normal_email(email)
    with opened_records(**options) as database:
        set_disabled(database, address, not undo)
    click.echo(f"{address} may sign in again." if undo else f"{address} is disabled.")


@user.command("password")
@click.argument("email")
@data_option
def change_password(email: str, **options: Any) -> None:
    """Give somebody a new password, which ends their sessions."""
    from kb.emails import normal_email
    from kb.store.staff import set_password

    address, new = normal_email(email), _asked_password()
    with opened_records(**options) as database:
        set_password(database, address, new)
    click.echo(f"{address} has a new password.")


def _asked_password() -> str:
    """Asked twice at a terminal; elsewhere one line of standard input, so scripts can give it."""
    from kb.staff import checked_password

    if not sys.stdin.isatty():
        return checked_password(sys.stdin.readline().rstrip("\r\n"))
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return checked_password(asked)
