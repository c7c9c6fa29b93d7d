"""Progress of long work on the command line: bars on a terminal, plain lines elsewhere."""

import sys
import time
from typing import Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars

_LINE_EVERY = 5.0  # seconds between two lines of the same stage


class TerminalProgress:
    """A bar per stage, drawn on standard error."""

    def __init__(self) -> None:
        self._bars = Bars(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def start(self, label: str, total: int) -> None:
        self._task = self._bars.add_task(label, total=total, rate="")

    def advance(self, units: int = 1) -> None:
        if self._task is None:
            return
        self._bars.advance(self._task, units)
        speed = self._bars.tasks[self._task].speed
        self._bars.update(self._task, rate=f"{speed:,.0f}/s" if speed else "")

    def note(self, sentence: str) -> None:
        self._bars.console.print(sentence, highlight=False, markup=False)


class PlainProgress:
    """Lines on standard error, for logs: at the begin and end of a stage, and now and then."""

    def __init__(self) -> None:
        self._label, self._total, self._done = "", 0, 0
        self._began = self._said = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def start(self, label: str, total: int) -> None:
        self._label, self._total, self._done = label, total, 0
        self._began = self._said = time.monotonic()
        self.note(f"{label}: 0 of {total}")

    def advance(self, units: int = 1) -> None:
        self._done += units
        now = time.monotonic()
        finished = self._done >= self._total
        if finished or now - self._said >= _LINE_EVERY:
            self._said = now
            self.note(f"{self._label}: {self._done} of {self._total}, {now - self._began:.0f} s")

    def note(self, sentence: str) -> None:
        click.echo(sentence, err=True)


def progress() -> TerminalProgress | PlainProgress:
    """What fits standard error."""
    return TerminalProgress() if sys.stderr.isatty() else PlainProgress()
