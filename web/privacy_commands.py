"""`kb retain`, `kb export-subject`, `kb erase-subject`: what is known of people, and forgetting."""

from datetime import UTC, datetime
from typing import Any

import click

from web.options import data_option, settings_from
from web.user_commands import opened_records


def add_privacy_commands(main: click.Group) -> None:
    for command in (retain, export_subject, erase_subject):
        main.add_command(command)


@click.command()
@data_option
def retain(**options: Any) -> None:
    """Forget what is older than the settings allow; run it once a day."""
    from kb.store.retention import retain as forget

    settings = settings_from(**options)
    with opened_records(**options) as database:
        done = forget(
            database,
            datetime.now(UTC),
            searches_days=settings.retain_searches,
            least_visitors=settings.retain_least,
            comments_days=settings.retain_comments,
            cases_days=settings.retain_cases,
        )
    click.echo(
        f"Forgotten: questions {done.questions}, comments {done.comments},"
        f" titles of tasks {done.tasks}, addresses {done.addresses},"
        f" texts of cases {done.cases}, times of reading {done.reads}."
    )


@click.command("export-subject")
@click.argument("email")
@data_option
def export_subject(email: str, **options: Any) -> None:
    """Print as JSON all that is known of an e-mail address."""
    from kb.staff import plain_email
    from kb.store.subjects import export_subject as export
    from web.printing import print_json

    address = plain_email(email)
    with opened_records(**options) as database:
        print_json(export(database, address))


@click.command("erase-subject")
@click.argument("email")
@data_option
def erase_subject(email: str, **options: Any) -> None:
    """Forget all that is known of an e-mail address."""
    from kb.staff import COMMAND_LINE, plain_email
    from kb.store.staff import note
    from kb.store.subjects import erase_subject as erase

    address = plain_email(email)
    with opened_records(**options) as database:
        done = erase(database, address)
        with database.write() as connection:  # that it was done, not to whom
            note(connection, COMMAND_LINE, "subject.erase", "an address")
    click.echo("Erased: " + ", ".join(f"{name} {number}" for name, number in done.items()) + ".")
