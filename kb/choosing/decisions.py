"""Decision tables: the rows are cases, all columns but the last are questions.

A row holds for every case that agrees with all its conditions. Rows may overlap as long as they say
the same (the hit policy "Any" of the Decision Model and Notation): the order of rows never decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations, product
from math import prod
from operator import or_

from kb.choosing.guide import Guide, NextQuestion, Option, OptionKind, Question, State, members
from kb.documents import Decision, DecisionQuestion, Rule

MOST_QUESTIONS = 6
MOST_RULES = 100
MOST_CASES = 5_000  # combinations of answers; checking them all takes some .1 s


@dataclass(frozen=True, slots=True)
class Gap:
    """A case no row speaks about."""

    case: tuple[str, ...]  # the text of an option for each question


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two rows that hold for the same case and say different things."""

    first: int  # numbers of rows, from 0
    second: int


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A row all of whose cases are decided by rows above it."""

    row: int


Fault = Gap | Conflict | Unreachable


def decision_guide(decision: Decision) -> Guide:
    """The guide through a table that has at least one rule."""
    questions = [_question(q, n, decision.rules) for n, q in enumerate(decision.questions)]
    return Guide(
        len(decision.rules),
        questions,
        _first_that_matters(decision.rules),
        most=len(questions),
        may_skip=False,
    )


def outcome(decision: Decision, state: State) -> str:
    """What holds at the end of the guide; "" as long as there is something to ask."""
    return "" if state.question else decision.rules[members(state.remaining)[0]].outcome


def _question(asked: DecisionQuestion, column: int, rules: Sequence[Rule]) -> Question:
    options = tuple(
        Option(option.key, OptionKind.CHOICE, option.text, _holding(column, option.key, rules))
        for option in asked.options
    )
    return Question(asked.key, asked.text, asked.text, "", options)


def _holding(column: int, key: str, rules: Sequence[Rule]) -> int:
    """The rules that may still hold after this answer."""
    agreeing = (n for n, rule in enumerate(rules) if rule.conditions[column] in ("", key))
    return sum(1 << number for number in agreeing)


def _first_that_matters(rules: Sequence[Rule]) -> NextQuestion:
    """Ask in the editors' order, but only what can still change the outcome."""

    def next_question(remaining: int, questions: tuple[Question, ...]) -> Question | None:
        left = members(remaining)
        if len({rules[number].outcome for number in left}) == 1:
            return None
        return next((q for q in questions if _parts(q, remaining)), None)

    return next_question


def _parts(question: Question, remaining: int) -> bool:
    return any(option.fits & remaining != remaining for option in question.options)


def faults(decision: Decision) -> Iterator[Fault]:
    """Everything that keeps a table from giving each case one outcome.

    Call it only for tables within the limits above; it goes through all cases.
    """
    conflicts = list(_conflicts(decision.rules))
    yield from conflicts
    yield from _gaps(decision)
    at_odds = {conflict.second for conflict in conflicts}
    yield from (fault for fault in _unreachable(decision) if fault.row not in at_odds)


def cases(decision: Decision) -> int:
    """How many combinations of answers there are."""
    return prod(len(question.options) for question in decision.questions)


def _conflicts(rules: Sequence[Rule]) -> Iterator[Conflict]:
    for (first, one), (second, two) in combinations(enumerate(rules), 2):
        if one.outcome != two.outcome and _meet(one, two):
            yield Conflict(first, second)


def _meet(one: Rule, two: Rule) -> bool:
    pairs = zip(one.conditions, two.conditions, strict=True)
    return all(not a or not b or a == b for a, b in pairs)


def _gaps(decision: Decision) -> Iterator[Gap]:
    columns = _columns(decision)
    for case in product(*(question.options for question in decision.questions)):
        if not _hits(columns, [option.key for option in case]):
            yield Gap(tuple(option.text for option in case))


def _unreachable(decision: Decision) -> Iterator[Unreachable]:
    """A row is reached where it is the first of those that hold."""
    columns = _columns(decision)
    keys = [[option.key for option in question.options] for question in decision.questions]
    hits = (_hits(columns, case) for case in product(*keys))
    reached = reduce(or_, (found & -found for found in hits), 0)
    for row in range(len(decision.rules)):
        if not reached >> row & 1:
            yield Unreachable(row)


def _columns(decision: Decision) -> list[dict[str, int]]:
    """For each question the rules that agree with each option."""
    return [
        {option.key: _holding(column, option.key, decision.rules) for option in question.options}
        for column, question in enumerate(decision.questions)
    ]


def _hits(columns: Sequence[dict[str, int]], case: Sequence[str]) -> int:
    found = -1
    for rules, key in zip(columns, case, strict=True):
        found &= rules[key]
    return found
