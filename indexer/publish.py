"""Generations come and go: built aside, switched in one step, pruned later.

Killed at any point, the folder holds the old generation or the new one, complete.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kb.errors import IndexBusy
from kb.files import MANIFEST, fsync_path, seal, write_durably
from search.generation import CURRENT, current_generation

_LOCK = "lock"
_ASIDE = ".building-"


@contextmanager
def publish_lock(index: Path) -> Iterator[None]:
    """Only one process publishes into `index` at a time.

    Raises IndexBusy when another one does. The system releases the lock of a killed process.
    """
    index.mkdir(parents=True, exist_ok=True)
    with (index / _LOCK).open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IndexBusy from error
        yield


@contextmanager
def new_generation(index: Path) -> Iterator[Path]:
    """A folder to build in, on the same disk as the published ones; removed on failure."""
    for leftover in index.glob(f"{_ASIDE}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = index / f"{_ASIDE}{stamp}-{secrets.token_hex(3)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, facts: Mapping[str, Any]) -> str:
    """Seal a finished build and make it the current generation; returns its name."""
    index, name = folder.parent, folder.name.removeprefix(_ASIDE)
    seal(folder, dict(facts))
    os.rename(folder, index / name)
    fsync_path(index)
    write_durably(index / CURRENT, name.encode())
    return name


def prune(index: Path, keep: int) -> list[str]:
    """Remove all but the newest `keep` generations; the current one always stays.

    Servers that still hold a removed one go on: its files are mapped or open.
    """
    current = current_generation(index)
    published = sorted(path.parent.name for path in index.glob(f"*/{MANIFEST}"))
    old = [name for name in published if name != current]
    doomed = old[: max(0, len(old) - (keep - 1))]
    for name in doomed:
        # Without its manifest it is no generation any more, even if removal stops half-way.
        (index / name / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(index / name, ignore_errors=True)
    return doomed
