"""What every test would set up anew though none changes it: made once, then used by all.

All of it is the real thing, only warm: a renderer process, compiled templates, migrated records.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

import indexer.reader
import kb.passwords
from indexer.sandbox import Limits, Sandbox
from kb.store.database import DATABASE_FILE, Database
from kb.store.migrate import migrate


@pytest.fixture(scope="session", autouse=True)
def renderer() -> Iterator[None]:
    """One sandbox for all readings that have the usual limits; starting its process takes 0.3 s."""
    borrowed = indexer.reader._Borrowed

    def lent(given: Sandbox | None, limits: Limits) -> indexer.reader._Borrowed:
        return borrowed(given or (sandbox if limits == Limits() else None), limits)

    with pytest.MonkeyPatch.context() as patch, Sandbox() as sandbox:
        patch.setattr(indexer.reader, "_Borrowed", lent)
        yield


@pytest.fixture(scope="session", autouse=True)
def passwords() -> Iterator[PasswordHasher]:
    """Passwords are hashed by argon2 at its cheapest; returns what the product hashes them with.

    With the product's parameters a sign-in takes 0.2 s of processor time.
    """
    real = kb.passwords._hasher
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kb.passwords, "_hasher", PasswordHasher.from_parameters(CHEAPEST))
        yield real


class _Templates(BytecodeCache):
    """Compiled templates, by name and source: every application would compile them again."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if compiled := self._compiled.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(compiled)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


TEMPLATES = _Templates()


def prepare_records(folder: Path) -> None:
    """Empty records in SQLite, as `migrate` makes them; those that are there are left alone."""
    if not (folder / DATABASE_FILE).exists():
        (folder / DATABASE_FILE).write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        database = Database.in_folder(Path(folder))
        migrate(database)
        database.close()
        return (Path(folder) / DATABASE_FILE).read_bytes()
