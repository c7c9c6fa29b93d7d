"""Brings the records' tables to what this version of the program expects."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from kb.errors import RecordsError
from kb.store.database import Database

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x6B62  # of PostgreSQL's advisory locks; any number that no other program takes


def migrate(database: Database) -> None:
    """Run what is missing, all or nothing; of several processes one does, the others wait.

    Raises RecordsError when a newer version of the program wrote these records.
    """
    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if version_of(connection) == newest():
            return
        config = _config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise RecordsError(
                f"The records in {database.name} were written by a newer version of Lotse"
                f" ({error}); upgrade the program."
            ) from error


def version_of(connection: Connection) -> str | None:
    """The newest migration that these records have seen; None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The newest migration there is."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config
