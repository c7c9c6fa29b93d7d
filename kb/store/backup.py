"""Records and secret key in one file, and back.

The file is a zip archive of a sealed folder: the SQLite database, the key that opens its cases,
and a manifest with their checksums.
"""

import os
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kb.errors import DamagedIndex, DamagedRecords, RecordsError
from kb.files import MANIFEST, fsync_path, seal, unseal
from kb.secret_key import KEY_FILE
from kb.store.database import DATABASE_FILE, Database, is_damage, is_intact
from kb.store.migrate import migrate

FORMAT = 1
_SECRET = 0o600  # what customers wrote is nobody else's business


@dataclass(frozen=True, slots=True)
class Restored:
    """What `restore` did."""

    made: str  # when the backup was made, ISO 8601
    aside: Path | None  # where the records are that were there before
    has_key: bool  # whether the secret key came along


def write_backup(database: Database, key: Path, path: Path, now: datetime) -> None:
    """Write the records as they are at this moment, and the file `key` if it is there, to `path`.

    Others may go on reading and writing. Raises RecordsError for a database that is not SQLite or
    not intact, FileExistsError where `path` is taken, OSError where it cannot be written.
    """
    database.must_be_sqlite()
    if path.exists():
        raise FileExistsError(17, "is there already; backups are never overwritten", str(path))
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as name:
        folder = Path(name)
        _copy_out(database, folder / DATABASE_FILE)
        if key.exists():
            _write_secret(folder / KEY_FILE, key.read_bytes())
        seal(folder, {"format": FORMAT, "made": now.isoformat(timespec="seconds")})
        packed = folder / "packed"
        _pack(folder, packed)
        fsync_path(packed)
        _publish(packed, path)
    fsync_path(path.parent)


def restore(database: Database, data: Path, key: Path, path: Path, now: datetime) -> Restored:
    """Put the records and the key of a backup in the place of those in the folder `data`, and of
    the file `key`.

    Nothing is touched before the backup has proved whole and fit for this version. What was there
    is kept as a backup of its own, or, where it cannot be read, as the file it is. Raises
    RecordsError when the backup cannot be used.
    """
    database.must_be_sqlite()
    with _opened(path) as (folder, facts):
        staged = Database.in_folder(folder)
        with closing(staged):
            migrate(staged)
            if not is_intact(staged):
                raise RecordsError(f"{path} holds a damaged database; use another backup.")
        aside = _set_aside(database, data, key, now)
        _copy_in(folder / DATABASE_FILE, database)
        kept_key = folder / KEY_FILE
        if kept_key.exists():
            _replace_secret(key, kept_key.read_bytes())
        return Restored(facts["made"], aside, kept_key.exists())


def _copy_out(database: Database, path: Path) -> None:
    """In one step of SQLite's backup, which sees one state, whatever is written beside it."""
    _write_secret(path, b"")
    with database.sqlite() as source, closing(sqlite3.connect(path)) as target:
        try:
            source.backup(target)
        except sqlite3.Error as error:
            if is_damage(error):
                raise
            raise RecordsError(
                f"The records cannot be copied to {path.parent.parent} ({error}); nothing was"
                " changed. Check the space and rights there."
            ) from error
    with closing(Database(f"sqlite:///{path}")) as copy:
        if not is_intact(copy):
            raise DamagedRecords(
                f"The records in {database.name} are damaged; restore an older backup."
            )


def _copy_in(path: Path, database: Database) -> None:
    """One transaction: whoever reads beside it sees the old records or the new ones."""
    with closing(sqlite3.connect(path)) as source, database.sqlite() as target:
        source.backup(target)


def _set_aside(database: Database, data: Path, key: Path, now: datetime) -> Path | None:
    """Keep what is there; None where nothing is."""
    current = data / DATABASE_FILE
    if not current.exists():
        return None
    name = f"before-restore-{now:%Y%m%dT%H%M%S.%fZ}"
    kept = data / f"{name}.zip"
    try:
        write_backup(database, key, kept, now)
    except DamagedRecords:  # which is why people restore
        database.close()
        kept = data / f"{name}.damaged"
        for ending in ("-wal", "-shm", ""):
            part = Path(f"{current}{ending}")
            if part.exists():
                part.replace(f"{kept}{ending}")
    return kept


def _pack(folder: Path, path: Path) -> None:
    _write_secret(path, b"")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (MANIFEST, DATABASE_FILE, KEY_FILE):
            if (folder / name).exists():
                archive.write(folder / name, name)


def _publish(packed: Path, path: Path) -> None:
    """Whole under its name at once. Raises FileExistsError where somebody else was faster."""
    try:
        os.link(packed, path)
    except FileExistsError:
        raise
    except OSError:  # no hard links here, as on memory sticks and some network shares
        _write_secret(path, b"")  # takes the name
        packed.replace(path)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A backup's files in a folder that goes away again, and what its manifest says."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with zipfile.ZipFile(path) as archive:
                for member in {MANIFEST, DATABASE_FILE, KEY_FILE} & {*archive.namelist()}:
                    archive.extract(member, folder)
            facts = unseal(folder)
        except (zipfile.BadZipFile, zlib.error, DamagedIndex, EOFError, RuntimeError) as error:
            # RuntimeError: it is encrypted, or packed in a way that this Python does not know.
            raise RecordsError(f"{path} is no backup of Lotse, or is damaged.") from error
        if facts.get("format") != FORMAT or not (folder / DATABASE_FILE).exists():
            raise RecordsError(f"{path} was written by another version of Lotse.")
        yield folder, facts


def _write_secret(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _SECRET)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)


def _replace_secret(path: Path, data: bytes) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    _write_secret(aside, data)
    fsync_path(aside)
    aside.replace(path)
    fsync_path(path.parent)
