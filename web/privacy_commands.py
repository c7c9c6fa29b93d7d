"""`kb retain`, `kb export-subject`, `kb erase-subject`: what is known of people, and forgetting."""

from datetime import UTC, datetime
from typing import Any

import click

from web.options import data_option, opened_records, settings_from


@click.command()
@data_option
def retain(**options: Any) -> None:
    """Forget what is older than the settings allow, as servers do once a day."""
    from kb.store.retention import Limits
    from kb.store.retention import retain as forget

    limits = Limits.of(settings_from(**options))
    with opened_records(**options) as database:
        done = forget(database, datetime.now(UTC), limits)
    click.echo(f"Forgotten: {done}.")


@click.command("export-subject")
@click.argument("email")
@data_option
def export_subject(email: str, **options: Any) -> None:
    """Print as JSON all that is known of an e-mail address."""
    from kb.store.subjects import export_subject as export
    from web.printing import print_json

    address = _address(email)
    with opened_records(**options) as database:
        print_json(export(database, address))


@click.command("erase-subject")
@click.argument("email")
@data_option
def erase_subject(email: str, **options: Any) -> None:
    """Forget all that is known of an e-mail address."""
    from kb.staff import COMMAND_LINE
    from kb.store.staff import note
    from kb.store.subjects import erase_subject as erase

    address = _address(email)
    with opened_records(**options) as database:
        done = erase(database, address)
        with database.write() as connection:  # that it was done, not to whom
            note(connection, COMMAND_LINE, "subject.erase", "an address")
    click.echo("Erased: " + ", ".join(f"{name} {number}" for name, number in done.items()) + ".")


def _address(typed: str) -> str:
    """The form it is kept in, also of an address that would not be taken any more."""
    from kb.emails import normal_email
    from kb.errors import AddressError

    if "@" not in typed:
        raise AddressError(f"{typed[:80]!r} is no e-mail address.")
    return normal_email(typed)
