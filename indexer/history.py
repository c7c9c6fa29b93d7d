"""When the files of the content folder came and changed, as git remembers it.

Dates only: messages and names of commits may be internal and are not even asked for.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

SECONDS = 10.0  # 100,000 commits are told in less; a history that takes longer is not told
MAX_BYTES = 64 * 1024 * 1024  # of dates and names; 600,000 changed files

_COMMIT = b"\x01"
_CUT = b"grafted"  # git's word for the last commit of a shallow clone: it seems to add all files

_COMMAND = (
    "git",
    "--no-pager",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "log.showSignature=false",
    "log",
    "-z",
    "--format=%x01%as %D",
    "--decorate-refs-exclude=refs/*",
    "--decorate-refs-exclude=HEAD",
    "--name-only",
    "--no-renames",
    "--relative",
    "--",
    ".",
)
# Nobody is asked for a password, no server for what a partial clone lacks.
_ALONE = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}


@dataclass(frozen=True, slots=True)
class Dates:
    """Of one file, by the calendars of those who committed."""

    published: str = ""  # ISO date of its first commit; "" unknown
    changed: str = ""  # of its last one


UNKNOWN = Dates()


def read_history(content: Path) -> Mapping[str, Dates]:
    """Dates by path below `content`; of files that were never committed there are none.

    Empty when there is no git, no repository, or more history than SECONDS and MAX_BYTES allow: all
    or nothing, so that the same history always gives the same dates.
    """
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    for date, path in _changes(_ask_git(content)):
        first[path] = date
        last.setdefault(path, date)
    return {path: Dates(first[path], last[path]) for path in first}


def _ask_git(content: Path) -> bytes:
    try:
        git = subprocess.Popen(
            _COMMAND,
            cwd=content,
            env={**os.environ, **_ALONE},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return b""
    with git:
        return _within_bounds(git)


def _within_bounds(git: "subprocess.Popen[bytes]") -> bytes:
    assert git.stdout is not None
    timer = Timer(SECONDS, git.kill)
    timer.start()
    try:
        told = git.stdout.read(MAX_BYTES + 1)
        if len(told) > MAX_BYTES:
            git.kill()
            return b""
        return told if git.wait() == 0 else b""
    finally:
        timer.cancel()


def _changes(told: bytes) -> Iterator[tuple[str, str]]:
    """Date and path of every change, newest first; the date is "" where the history is cut off."""
    date = ""
    for part in told.split(b"\0"):
        if part.startswith(_COMMIT):
            day, _, decoration = part.removeprefix(_COMMIT).partition(b" ")
            date = "" if _CUT in decoration else day.decode()
        elif name := part.removeprefix(b"\n"):
            yield date, os.fsdecode(name)
