"""What building the index again would cost time: rendered pages and vectors, by content hash.

The cache is no source of truth. It may be deleted at any time, two builds never share it at once
(the publish lock), and an interrupted build finds in it what it already made.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kb.errors import StoreError

CACHE_FILE = "build-cache.sqlite3"
_BATCH = 500  # SQLite allows 999 parameters in one statement on old builds


class BuildCache:
    """A persistent mapping from key (hexadecimal hash) to bytes that forgets what is unused."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = _open(path)
        self._used: set[str] = set()

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The known ones of these keys. Asking marks a key as used."""
        self._used.update(keys)
        found: dict[str, bytes] = {}
        with self._translated():
            for start in range(0, len(keys), _BATCH):
                part = keys[start : start + _BATCH]
                marks = ",".join("?" * len(part))
                sql = f"SELECT key, value FROM entries WHERE key IN ({marks})"
                found.update(self._connection.execute(sql, part).fetchall())
        return found

    def keep(self, keys: Iterable[str]) -> None:
        """Mark keys as used without asking for them."""
        self._used.update(keys)

    def put_many(self, entries: Iterable[tuple[str, bytes]]) -> None:
        """Keep these entries; they are on disk when the call returns, short of a power cut."""
        rows = list(entries)
        self._used.update(key for key, _ in rows)
        with self._translated(), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?)", rows)

    def forget_unused(self) -> None:
        """Drop every entry that was neither asked for nor put since the cache was opened."""
        with self._translated(), self._connection:
            self._connection.execute("CREATE TEMP TABLE used (key TEXT PRIMARY KEY)")
            self._connection.executemany(
                "INSERT OR IGNORE INTO used VALUES (?)", ((key,) for key in self._used)
            )
            self._connection.execute("DELETE FROM entries WHERE key NOT IN (SELECT key FROM used)")
            self._connection.execute("DROP TABLE used")

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(self._path, error) from error


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connect(path)
    except sqlite3.OperationalError as error:  # a full disk, no permission: the file may be good
        raise StoreError(path, error) from error
    except sqlite3.DatabaseError:
        path.unlink()  # a damaged cache is an empty cache
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    try:
        _set_up(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError when the file is damaged, in its header or further behind."""
    (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if state != "ok":
        raise sqlite3.DatabaseError(state)
    # WAL survives a killed process; a power cut may cost the last entries, which are made again.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB NOT NULL)"
        " WITHOUT ROWID"
    )
    connection.commit()
