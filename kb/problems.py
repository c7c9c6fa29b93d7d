"""What is wrong with the content, said so that an editor can jump to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"  # forbids publishing
    WARNING = "warning"  # is reported, the file is used


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    file: str  # path below the content folder, with forward slashes
    line: int  # 1-based
    column: int  # 1-based
    code: str  # kebab-case, stable; documented in docs/writing.md
    message: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.code} {self.message}"


def has_errors(problems: Iterable[Problem]) -> bool:
    return any(problem.severity is Severity.ERROR for problem in problems)
