"""The operator's own relevance test (`content/judgments.toml`): real questions, their answers."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from kb.errors import JudgmentsError
from kb.problems import Problem
from kb.site import Slug, toml_place

JUDGMENTS_FILE = "judgments.toml"

JudgmentKind = Literal[
    "keyword",
    "sentence",
    "colloquial",
    "typo",
    "paraphrase",
    "compound",
    "cross_language",
    "product",
    "unanswerable",
]


_MISSING: Final = "`expects` is missing; name the id that must answer, or kind `unanswerable`"
_UNEXPECTED: Final = "A question that nothing answers must not have `expects`"


class Judgment(BaseModel):
    """A real question and what must answer it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: Annotated[str, Field(min_length=1, max_length=500)]
    locale: str
    kind: JudgmentKind = "sentence"
    expects: tuple[Slug, ...] = ()  # ids, best first; empty: nothing answers this
    answer: str = ""  # a text that must occur in the extracted answer

    @model_validator(mode="after")
    def _names_what_answers(self) -> "Judgment":
        if self.is_answerable and not self.expects:
            raise PydanticCustomError("judgment", _MISSING)
        if self.expects and not self.is_answerable:
            raise PydanticCustomError("judgment", _UNEXPECTED)
        return self

    @property
    def is_answerable(self) -> bool:
        return self.kind != "unanswerable"


class PlacedJudgment(NamedTuple):
    line: int  # of its table in the file, 1-based
    judgment: Judgment


_HEAD = re.compile(r"^[ \t]*\[\[[ \t]*judgment[ \t]*\]\]", re.MULTILINE)


def load_judgments(content: Path) -> tuple[list[PlacedJudgment], list[Problem]]:
    """All judgments that can be read, in their order; none when there is no file.

    Problems are returned, not raised.
    """
    text = ""
    try:
        text = (content / JUDGMENTS_FILE).read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except FileNotFoundError:
        return [], []
    except (OSError, UnicodeDecodeError) as error:
        return [], [Problem(JUDGMENTS_FILE, 1, 1, "judgments-unreadable", str(error))]
    except tomllib.TOMLDecodeError as error:
        place = toml_place(error, text)
        return [], [Problem(JUDGMENTS_FILE, *place, "judgments-syntax", str(error))]
    problems = [
        Problem(JUDGMENTS_FILE, 1, 1, "judgments-syntax", f"Unknown table `{name}`; use judgment.")
        for name in table
        if name != "judgment"
    ]
    rows = table.get("judgment", [])
    lines = [text.count("\n", 0, match.end()) + 1 for match in _HEAD.finditer(text)]
    placed, wrong = _rows(rows if isinstance(rows, list) else [rows], lines)
    return placed, problems + wrong


def _rows(rows: Iterable[object], lines: list[int]) -> tuple[list[PlacedJudgment], list[Problem]]:
    placed: list[PlacedJudgment] = []
    problems: list[Problem] = []
    for number, row in enumerate(rows):
        line = lines[number] if number < len(lines) else 1
        try:
            placed.append(PlacedJudgment(line, Judgment.model_validate(row)))
        except ValidationError as error:
            problems += [
                Problem(JUDGMENTS_FILE, line, 1, "judgment-invalid", message)
                for message in _messages(error)
            ]
    return placed, problems


def _messages(error: ValidationError) -> list[str]:
    """One sentence for each thing that does not fit, with its field where it has one."""
    return [
        ": ".join([*filter(None, [".".join(map(str, of["loc"]))]), f"{of['msg']}."])
        for of in error.errors(include_url=False)
    ]


def read_judgments(content: Path) -> tuple[Judgment, ...]:
    """All judgments of the content folder, in their order.

    Raises JudgmentsError when there is none, or one of them has a problem.
    """
    path = content / JUDGMENTS_FILE
    placed, problems = load_judgments(content)
    if problems:
        first = min(problem.line for problem in problems)
        raise JudgmentsError(
            f"{path} cannot be used, line {first} is wrong; `kb check` tells what and where."
        )
    if not placed:
        raise JudgmentsError(
            f"There is no judgment in {path}; write some as docs/writing.md says, "
            "and try them with `kb check`."
        )
    return tuple(judgment for _, judgment in placed)
