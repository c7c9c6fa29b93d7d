"""This generation against an older one, on the same judgments."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from kb.errors import DamagedIndex, SearchIndexError
from kb.files import MANIFEST
from search.evaluation import Evaluation
from search.figures import GroupedFigures, Outcome, Verdict, grouped_figures
from search.generation import Generation


@dataclass(frozen=True, slots=True)
class Change:
    """A question that two generations do not serve equally well."""

    before: Outcome
    now: Outcome


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed since the generation `before`."""

    before: Evaluation
    figures: GroupedFigures  # of `before`, in the groups of now: phases may have changed since
    better: tuple[Change, ...]
    worse: tuple[Change, ...]

    @classmethod
    def of(cls, now: Evaluation, before: Evaluation) -> Self:
        """Both must have been asked the same judgments in the same order."""
        changes = [Change(*pair) for pair in zip(before.outcomes, now.outcomes, strict=True)]
        return cls(
            before=before,
            figures=grouped_figures([replace(c.before, phase=c.now.phase) for c in changes]),
            better=tuple(c for c in changes if _merit(c.now) > _merit(c.before)),
            worse=tuple(c for c in changes if _merit(c.now) < _merit(c.before)),
        )


def _merit(outcome: Outcome) -> tuple[float, int]:
    """What decides which of two outcomes is better: the rank; if equal, the answer.

    No answer is better than a wrong one.
    """
    rank, verdict = outcome.rank, outcome.verdict
    answer = 2 if verdict.is_good else int(verdict is Verdict.WITHHELD)
    return (1 / rank if rank else 0.0), answer


def open_previous(index: Path, generation: str) -> Generation | None:
    """The newest generation beside the named one; None when no other can be used.

    Damaged ones, and those that another version wrote, are passed over.
    """
    for name in sorted(_generations(index) - {generation}, reverse=True):
        try:
            return Generation.open(index, name)
        except DamagedIndex:
            continue
    return None


def open_named(index: Path, name: str) -> Generation:
    """The generation of this name.

    Raises SearchIndexError when there is none, DamagedIndex when it cannot be used.
    """
    known = _generations(index)
    if name not in known:
        raise SearchIndexError(
            f"There is no generation {name} in {index}; there are {', '.join(sorted(known))}."
        )
    return Generation.open(index, name)


def _generations(index: Path) -> set[str]:
    """Names of all published ones. They begin with the time of their making."""
    return {path.parent.name for path in index.glob(f"[!.]*/{MANIFEST}")}
