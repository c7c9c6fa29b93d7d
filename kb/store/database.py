"""The database of the records: SQLite in the data folder, or PostgreSQL by address.

What a `write` block wrote is on disk when the block has ended. Nothing else is acknowledged.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from kb.errors import DamagedRecords, RecordsError
from kb.store.schema import VERSION

DATABASE_FILE = "kb.sqlite3"  # in the data folder
IDS = 500  # values in one IN (…); SQLite allows 999 parameters in a statement on old builds
_WAIT = 15  # seconds that a writer waits for another one
_CONNECT = 5  # seconds for a connection to PostgreSQL, unless the address says otherwise
# What is deleted is overwritten, too: a salt that could be read from free pages is not destroyed.
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_WRITES = "kb_writes"  # execution option of connections that write


class Database:
    """One pool of connections. Safe for threads; open it after a fork, not before."""

    def __init__(self, url: str) -> None:
        """`url` is one of SQLAlchemy's. Raises RecordsError when it is none, or for no database
        that is supported."""
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise RecordsError(f"The database address is not valid: {error}.") from error
        self.dialect = parsed.get_backend_name()
        self.name = parsed.render_as_string(hide_password=True)
        if self.dialect == "sqlite":
            self._engine = _sqlite(url)
        elif self.dialect == "postgresql":
            patience = {"connect_timeout": str(_CONNECT), **parsed.query}
            parsed = parsed.set(drivername="postgresql+psycopg", query=patience)
            self._engine = create_engine(parsed, pool_pre_ping=True)
        else:
            raise RecordsError(f"{self.dialect} is not supported; use sqlite or postgresql.")

    @classmethod
    def in_folder(cls, data: Path) -> "Database":
        """The SQLite database of a data folder, made at its first use."""
        return cls(f"sqlite:///{data / DATABASE_FILE}")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the records from its first query to its last."""
        with self._translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction. When the block ends it is on disk; when it raises nothing was written."""
        with self._translated(), self._engine.connect() as plain:
            connection = plain.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    def must_be_sqlite(self) -> None:
        """Raises RecordsError when it is another database."""
        if self.dialect != "sqlite":
            raise RecordsError(
                f"The records are in {self.name}: use pg_dump and pg_restore, and keep the file of"
                " the secret key with them."
            )

    @contextmanager
    def sqlite(self) -> Iterator[sqlite3.Connection]:
        """A bare connection outside of any transaction, for what only SQLite does."""
        with self._translated(), self._engine.connect() as connection:
            bare = connection.connection.driver_connection
            assert isinstance(bare, sqlite3.Connection)
            yield bare

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            reason = str(cause).partition("\n")[0]
            if is_damage(cause):
                raise DamagedRecords(
                    f"The records in {self.name} are damaged ({reason}); `kb restore` a backup."
                ) from error
            raise RecordsError(
                f"The records in {self.name} cannot be used ({reason}); check that the database is"
                " there, its space and permissions."
            ) from error


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _WAIT})

    @event.listens_for(engine, "do_connect")
    def keep_private(_dialect: object, _record: object, where: list[str], _how: object) -> None:
        # What customers wrote is nobody else's on this machine. An empty file is a new database.
        if os.path.isabs(where[0]):  # always, of a file
            with suppress(OSError):  # it is there, or opening it will say what is wrong
                os.close(os.open(where[0], os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin and end where we say
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A reader that turns writer halfway could not wait for others: writers say so at once.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def is_damage(error: BaseException | None) -> bool:
    """Whether an error of SQLite says that the file itself is broken: no space to write is not."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of it tells more
    return isinstance(error, sqlite3.Error) and code in _DAMAGE


def is_current(database: Database) -> bool:
    """Whether the tables are there as this version of the program needs them.

    Raises RecordsError when the database cannot be read at all.
    """
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found == VERSION


def make_current(database: Database) -> None:
    """Make the tables what this version of the program needs, if they are not yet.

    Raises RecordsError when that cannot be done, or when a newer version wrote them.
    """
    if not is_current(database):
        from kb.store.migrate import migrate  # takes as long to import as Flask

        migrate(database)


def is_intact(database: Database) -> bool:
    """Whether SQLite finds its own file in order; PostgreSQL looks after itself."""
    if database.dialect != "sqlite":
        return True
    with database.read() as connection:
        return connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
