"""The database of the records: SQLite in the data folder, or PostgreSQL by address.

What a `write` block wrote is on disk when the block has ended. Nothing else is acknowledged.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from kb.errors import RecordsError
from kb.store.schema import VERSION

DATABASE_FILE = "kb.sqlite3"  # in the data folder
IDS = 500  # values in one IN (…); SQLite allows 999 parameters in a statement on old builds
_WAIT = 15  # seconds that a writer waits for another one
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
            self._engine = create_engine(
                parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True
            )
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

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            reason = str(error.orig if isinstance(error, DBAPIError) else error).partition("\n")[0]
            raise RecordsError(
                f"The records in {self.name} cannot be used ({reason}); check that the database is"
                " there, its space and permissions."
            ) from error


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _WAIT})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin and end where we say
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A reader that turns writer halfway could not wait for others: writers say so at once.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def is_current(database: Database) -> bool:
    """Whether the tables are there as this version of the program needs them.

    Raises RecordsError when the database cannot be read at all.
    """
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found == VERSION
