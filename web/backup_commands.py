"""`kb backup` and `kb restore`: what customers and staff did, in one file, and back."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from web.options import data_option, say, settings_from


@click.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path())
@data_option
def backup(file: Path, **options: Any) -> None:
    """Write votes, cases, tasks, staff and the secret key to one new FILE.

    FILE may be a folder, where the backup gets a name with the time; default: the current one.
    Servers may go on running. Content is not part of it: it is in git.
    """
    from kb.errors import RecordsError
    from kb.secret_key import key_path
    from kb.store.backup import write_backup
    from kb.store.database import DATABASE_FILE
    from web.records import records_database

    now = datetime.now(UTC)
    path = file / f"lotse-{now:%Y%m%dT%H%M%SZ}.zip" if file.is_dir() else file
    settings = settings_from(**options)
    if settings.database_url is None and not (settings.data / DATABASE_FILE).exists():
        raise RecordsError(f"There are no records in {settings.data} yet.")
    with closing(records_database(settings)) as database:
        write_backup(database, key_path(settings), path, now)
    if settings.secret_key:
        say("The secret key is a setting, so it is not part of the backup: keep it with it.")
    click.echo(
        f"{path}: {path.stat().st_size:,} bytes. It holds what customers wrote: keep it safe."
    )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
def restore(file: Path, yes: bool, **options: Any) -> None:
    """Put a backup in the place of the present records.

    The present ones are kept beside it in the data folder.
    """
    from kb.secret_key import key_path
    from kb.store.backup import restore as put_back
    from web.records import records_database

    settings = settings_from(**options)
    if not yes:
        click.confirm(f"Replace the records in {settings.data} by those of {file}?", abort=True)
    settings.data.mkdir(parents=True, exist_ok=True)
    with closing(records_database(settings)) as database:
        done = put_back(database, settings.data, key_path(settings), file, datetime.now(UTC))
    if done.aside:
        say(f"What was there before is kept in {done.aside}; delete it when all is well.")
    if done.has_key and settings.secret_key:
        say("A setting holds another secret key: with it, resume codes of this backup do not open.")
    click.echo(
        f"Restored as of {done.made}. Restart the servers: they may hold another secret key."
    )
