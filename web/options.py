"""Options that mean the same on every command, and what they lead to: settings, records."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from kb.settings import Settings
    from kb.store.database import Database

Command = Callable[..., Any]

FOLDER = click.Path(file_okay=False, path_type=Path)


def content_option(command: Command) -> Command:
    return click.option(
        "--content", type=FOLDER, help="Folder of Markdown and products.  [default: content]"
    )(command)


def data_option(command: Command) -> Command:
    return click.option(
        "--data", type=FOLDER, help="Folder of everything Lotse writes.  [default: data]"
    )(command)


def models_option(command: Command) -> Command:
    return click.option(
        "--models", type=FOLDER, help="Folder of prepared models.  [default: models in --data]"
    )(command)


def model_option(command: Command) -> Command:
    return click.option(
        "--model",
        metavar="NAME_OR_FOLDER",
        help="A sentence-transformers model, by folder or hub name.  [default: the packaged one]",
    )(command)


def must_exist(content: Path) -> None:
    """Raises a ClickException where there is no such content folder."""
    if not content.is_dir():
        raise click.ClickException(
            f"There is no content folder {content}; name one with --content."
        )


def settings_from(**options: Any) -> "Settings":
    """Settings with what the command line gave on top."""
    from kb.settings import load_settings

    return load_settings(options)


@contextmanager
def opened_records(**options: Any) -> "Iterator[Database]":
    """The records of this installation, with the tables of this version."""
    from kb.store.database import make_current
    from web.records import records_database

    database = records_database(settings_from(**options))
    try:
        make_current(database)
        yield database
    finally:
        database.close()


def say(sentence: str) -> None:
    """Tell the person at the terminal, beside the results."""
    click.echo(sentence, err=True)
