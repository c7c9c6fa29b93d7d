"""How long work tells that it is alive, without knowing who listens."""

from typing import Protocol


class Progress(Protocol):
    """Called by long-running work; the command line draws bars, tests listen or ignore."""

    def start(self, label: str, total: int) -> None:
        """A stage begins: what it does, and how many units it has."""

    def advance(self, units: int = 1) -> None:
        """So many more units are done."""

    def note(self, sentence: str) -> None:
        """Something worth a line that stays."""


class Silent:
    """Nobody listens."""

    def start(self, label: str, total: int) -> None:
        pass

    def advance(self, units: int = 1) -> None:
        pass

    def note(self, sentence: str) -> None:
        pass
