"""Decision tables of articles, read from the sanitised page; and what is wrong with them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from indexer.front_matter import Place
from indexer.parsed import Finding, Parsed
from indexer.prose import prose_lines
from indexer.slugs import anchor_of, unique
from indexer.source import Source
from indexer.tidy import find_anchor
from kb.choosing.decisions import (
    MOST_CASES,
    MOST_QUESTIONS,
    MOST_RULES,
    Conflict,
    Fault,
    Gap,
    cases,
    faults,
)
from kb.documents import Decision, DecisionOption, DecisionQuestion, Kind, Rule
from kb.problems import Severity
from kb.text import visible

_ANY = ("", "*")
_MOST_KEY = 40  # characters of a key in addresses
_MOST_TOLD = 5  # faults of a kind that are told one by one
_EDIT = "ask"  # parameter of the guide's addresses that is no question

_DELIMITERS = re.compile(r"[\s>]*\|?(?:\s*:?-+:?\s*\|)+(?:\s*:?-+:?\s*)?")


class NotADecision(Exception):
    """The page has no table that can be asked; `code` and message say why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Table:
    number: int  # among all tables of the page
    anchor: str  # of the section it stands in
    node: LexborNode


def read_decision(html: str, wanted: bool | str) -> Decision:
    """The decision table of a page; `wanted` is the front matter's field.

    Raises NotADecision.
    """
    page = LexborHTMLParser(f"<body>{html}</body>")  # owns the nodes
    return _decision(_chosen(_tables(page), wanted))


def decision_findings(source: Source, parsed: Parsed, wanted: bool | str) -> Iterator[Finding]:
    """What is wrong with the decision table of a file that says it has one."""
    place = parsed.places.get("decision", (1, 1))
    if source.kind is not Kind.ARTICLE:
        yield Finding(*place, "decision-invalid", "Only articles can guide through a decision.")
        return
    page = LexborHTMLParser(f"<body>{parsed.html}</body>")
    tables = _tables(page)
    try:
        table = _chosen(tables, wanted)
        decision = _decision(table)
    except NotADecision as error:
        yield Finding(*place, error.code, str(error))
        return
    found = list(faults(decision))
    if found:
        yield from _told(found, _rows_of(source, table, len(tables), place))


def _tables(page: LexborHTMLParser) -> list[_Table]:
    tables: list[_Table] = []
    anchor = ""
    for node in page.css("h2, h3, h4, h5, h6, table"):
        if node.tag == "table":
            tables.append(_Table(len(tables), anchor, node))
        else:
            anchor = node.attrs.get("id") or ""
    return tables


def _chosen(tables: Sequence[_Table], wanted: bool | str) -> _Table:
    if isinstance(wanted, str):
        name = find_anchor(wanted, {table.anchor for table in tables if table.anchor})
        tables = [table for table in tables if name and table.anchor == name]
        where = f"The section `{wanted[:60]}`"
    else:
        where = "The article"
    if not tables:
        raise NotADecision("decision-missing", f"{where} has no table; write one with a header.")
    if len(tables) > 1:
        advice = "name its section: `decision: anchor`, and give it a heading of its own."
        message = f"{where} has {len(tables)} tables; {advice}"
        raise NotADecision("decision-missing", message)
    return tables[0]


def _decision(table: _Table) -> Decision:
    rows = [
        [cell for cell in row.iter() if cell.tag in ("td", "th")] for row in table.node.css("tr")
    ]
    head, body = (rows[0], rows[1:]) if rows else ([], [])
    _check_size(len(head) - 1, len(body))
    for number, row in enumerate(body, 1):
        if len(row) != len(head) or not _text(row[-1]):
            raise NotADecision("decision-invalid", f"Row {number} has no outcome in its last cell.")
    questions = _questions(head[:-1], body)
    keys = [{option.text: option.key for option in q.options} for q in questions]
    decision = Decision(
        anchor=table.anchor,
        questions=questions,
        rules=tuple(
            Rule(
                tuple(keys[n].get(_text(cell), "") for n, cell in enumerate(row[:-1])),
                (row[-1].inner_html or "").strip(),
            )
            for row in body
        ),
    )
    if cases(decision) > MOST_CASES:
        message = f"The table has {cases(decision)} combinations of answers; {MOST_CASES} can be"
        raise NotADecision("decision-too-large", f"{message} checked. Split it into several.")
    return decision


def _check_size(questions: int, rules: int) -> None:
    if questions < 1 or rules < 1:
        message = "The table needs a column for a question, one for the outcome, and a row."
        raise NotADecision("decision-invalid", message)
    if questions > MOST_QUESTIONS or rules > MOST_RULES:
        message = (
            f"The table asks {questions} questions in {rules} rows; nobody follows more than "
            f"{MOST_QUESTIONS} questions and {MOST_RULES} rows. Split it into several."
        )
        raise NotADecision("decision-too-large", message)


def _questions(
    head: Sequence[LexborNode], body: Sequence[Sequence[LexborNode]]
) -> tuple[DecisionQuestion, ...]:
    taken = {_EDIT}
    questions = []
    for column, cell in enumerate(head):
        text = _text(cell)
        answers = dict.fromkeys(_text(row[column]) for row in body)
        options = _options([answer for answer in answers if answer not in _ANY])
        if not text or not options:
            message = f"Column {column + 1} needs a question in its head and an answer below it."
            raise NotADecision("decision-invalid", message)
        questions.append(DecisionQuestion(_key(text, taken), text, options))
    return tuple(questions)


def _options(texts: Sequence[str]) -> tuple[DecisionOption, ...]:
    taken: set[str] = set()
    return tuple(DecisionOption(_key(text, taken), text) for text in texts)


def _key(text: str, taken: set[str]) -> str:
    name = anchor_of(text)
    if len(name) > _MOST_KEY:  # whole words, unless the first is longer than that
        name = name[:_MOST_KEY].rpartition("-")[0] or name[:_MOST_KEY]
    return unique(name, taken)


def _text(node: LexborNode) -> str:
    return " ".join(visible(node.text()).split())


def _rows_of(source: Source, table: _Table, tables: int, place: Place) -> list[Place]:
    """Where the table's rows stand in the file; nothing where it is written as HTML.

    The first place is the header's.
    """
    lines, first_line = prose_lines(source)
    heads = [n - 1 for n, line in enumerate(lines) if n and _is_delimiter(line, lines[n - 1])]
    if len(heads) != tables:
        return [place]
    head = heads[table.number]
    rows = (n for n in range(head + 2, len(lines)))
    filled = [n for n in islice(rows, MOST_RULES) if "|" in lines[n]]
    return [(number + first_line, 1) for number in (head, *filled)]


def _is_delimiter(line: str, above: str) -> bool:
    return "|" in above and _DELIMITERS.fullmatch(line) is not None


def _told(found: Sequence[Fault], rows: Sequence[Place]) -> Iterator[Finding]:
    """The faults as findings; of many gaps only the first."""

    def place(row: int) -> Place:
        return rows[row + 1] if row + 1 < len(rows) else rows[0]

    gaps = [fault for fault in found if isinstance(fault, Gap)]
    for number, gap in enumerate(gaps[:_MOST_TOLD], 1):
        more = len(gaps) - _MOST_TOLD if number == _MOST_TOLD else 0
        rest = f" (and {more} more)" if more > 0 else ""
        message = f"No row covers the case {' · '.join(gap.case)}{rest}; add one, or use `*`."
        yield Finding(*rows[0], "decision-gap", message)
    for fault in found:
        if isinstance(fault, Conflict):
            message = (
                f"This row holds for a case of row {fault.first + 1} too, and says something else; "
                "make the conditions exclude each other."
            )
            yield Finding(*place(fault.second), "decision-conflict", message)
        elif not isinstance(fault, Gap):
            message = "Rows above decide every case of this row; delete it or correct them."
            finding = Finding(*place(fault.row), "decision-unreachable", message, Severity.WARNING)
            yield finding
