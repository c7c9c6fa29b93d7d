"""The operator's own relevance test (`content/judgments.toml`), checked against the content."""

import re
import tomllib
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kb.problems import Problem, Severity
from kb.site import Site, Slug, toml_place

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


class Judgment(BaseModel):
    """A real question and what must answer it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: Annotated[str, Field(min_length=1, max_length=500)]
    locale: str
    kind: JudgmentKind = "sentence"
    expects: tuple[Slug, ...] = ()  # ids, best first; empty: nothing answers this
    answer: str = ""  # a text that must occur in the extracted answer


_HEAD = re.compile(r"^[ \t]*\[\[[ \t]*judgment[ \t]*\]\]", re.MULTILINE)


def check_judgments(content: Path, site: Site, ids: Set[str]) -> list[Problem]:
    """What is wrong with the file; nothing when there is none. `ids` are the published ones."""
    path = content / JUDGMENTS_FILE
    if not path.is_file():
        return []
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        return [Problem(JUDGMENTS_FILE, 1, 1, "judgments-unreadable", str(error))]
    except tomllib.TOMLDecodeError as error:
        return [Problem(JUDGMENTS_FILE, *toml_place(error, text), "judgments-syntax", str(error))]
    lines = [text.count("\n", 0, match.end()) + 1 for match in _HEAD.finditer(text)]
    rows = table.get("judgment", [])
    problems = [
        Problem(JUDGMENTS_FILE, 1, 1, "judgments-syntax", f"Unknown table `{name}`; use judgment.")
        for name in table
        if name != "judgment"
    ]
    for number, row in enumerate(rows if isinstance(rows, list) else [rows]):
        line = lines[number] if number < len(lines) else 1
        problems += _row(row, line, site, ids)
    return problems


def _row(row: object, line: int, site: Site, ids: Set[str]) -> Iterator[Problem]:
    try:
        judgment = Judgment.model_validate(row)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            message = f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}."
            yield Problem(JUDGMENTS_FILE, line, 1, "judgment-invalid", message)
        return
    if judgment.locale not in site.locales:
        message = f"locale: `{judgment.locale}` is not one of {', '.join(site.locales)}."
        yield Problem(JUDGMENTS_FILE, line, 1, "judgment-invalid", message)
    if judgment.kind == "unanswerable" and judgment.expects:
        message = "A question that nothing answers must not have `expects`."
        yield Problem(JUDGMENTS_FILE, line, 1, "judgment-invalid", message)
    elif judgment.kind != "unanswerable" and not judgment.expects:
        message = "`expects` is missing; name the id that must answer, or kind `unanswerable`."
        yield Problem(JUDGMENTS_FILE, line, 1, "judgment-invalid", message)
    for name in judgment.expects:
        if name not in ids:
            message = f"expects: nothing published has the id `{name}`."
            yield Problem(JUDGMENTS_FILE, line, 1, "unknown-id", message, Severity.ERROR)
