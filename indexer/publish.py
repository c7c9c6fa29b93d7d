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


def prune(index: Path, keep: int, before: str | None) -> list[str]:
    """Remove all but the last `keep` generations that were published.

    The current one always stays, and the one that was current `before` it: servers read their
    generation's files until they have opened the new one. A server that finds its generation
    removed opens the current one before it answers.
    """
    sealed = sorted(index.glob(f"[!.]*/{MANIFEST}"), key=lambda path: path.stat().st_mtime_ns)
    published = [path.parent.name for path in sealed]
    spared = {current_generation(index), before}
    doomed = [name for name in published[:-keep] if name not in spared]
    for name in doomed:
        # A leftover of a removal that stops half-way is cleared by the next build.
        aside = index / f"{_ASIDE}{name}"
        (index / name).rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
    return doomed
