"""The engine: which candidates the answers leave, and what to ask next.

Candidates are numbered from 0; a set of them is an integer whose bit n stands for candidate n, so
that a question costs some operations on integers however many candidates there are.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

SKIP = "skip"  # stands in an address for a question that was left out

_KNOWN_STATES = 4096  # next questions remembered per guide
_NOTHING = 1e-9  # bits; less information than rounding makes is none


class OptionKind(StrEnum):
    """How an option is worded, and what a candidate that misses it is."""

    CHOICE = "choice"
    YES = "yes"
    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    RANGE = "range"  # above one number, up to another
    ABOVE = "above"
    OWN = "own"  # a band that holds the customer's own value: 160–165 cm


@dataclass(frozen=True, slots=True)
class Option:
    key: str  # in addresses; unique within its question
    kind: OptionKind
    text: str  # the choice's label, or the limit or band with unit: "2.500 €", "160–165 cm"
    fits: int  # the candidates it keeps
    limit: float | None = None  # of the kinds that have one limit


@dataclass(frozen=True, slots=True, eq=False)  # quick to hash: a guide has each only once
class Question:
    key: str  # in addresses; unique within its guide
    label: str  # what it is about, in a word or two: "Reichweite"
    text: str  # the question itself, "" when editors wrote none
    help: str
    options: tuple[Option, ...]

    def option(self, key: str) -> Option | None:
        return next((option for option in self.options if option.key == key), None)


@dataclass(frozen=True, slots=True)
class Answer:
    question: Question
    option: Option | None  # None: left out

    @property
    def value(self) -> str:
        """How an address says it."""
        return self.option.key if self.option else SKIP


@dataclass(frozen=True, slots=True)
class Offer:
    """An option that leaves something, and how much."""

    option: Option
    count: int


@dataclass(frozen=True, slots=True)
class State:
    """Where a customer stands. Equal sets of answers give equal states."""

    answers: tuple[Answer, ...]  # in the order the guide asks
    remaining: int  # a set of candidates, never empty
    question: Question | None  # the next one; None at the end

    @property
    def count(self) -> int:
        return self.remaining.bit_count()

    @property
    def given(self) -> tuple[tuple[str, str], ...]:
        """Keys of questions and options, as an address has them."""
        return tuple((answer.question.key, answer.value) for answer in self.answers)


# Called by a guide with the remaining candidates and the questions still open, in their order.
# Returns the one to ask next, None when asking on would not help.
NextQuestion = Callable[[int, tuple[Question, ...]], Question | None]


class Guide:
    """Questions about candidates, and which comes next. Safe to share between threads."""

    def __init__(
        self,
        candidates: int,
        questions: Sequence[Question],
        next_question: NextQuestion,
        *,
        most: int,
        may_skip: bool,
    ) -> None:
        """`candidates` is their number, at least 1; at most `most` questions are asked."""
        self.everything = (1 << candidates) - 1
        self.questions = tuple(questions)
        self.most = most
        self.may_skip = may_skip
        self._next = lru_cache(_KNOWN_STATES)(next_question)

    def state(self, given: Mapping[str, str]) -> State:
        """The state after these answers, by the keys of questions and options.

        The guide asks as if from the beginning and finds its answers among the given ones. What it
        does not know, what would leave nothing and what goes beyond `most` is dropped.
        """
        answers: list[Answer] = []
        remaining, open_ = self.everything, self.questions
        waiting = [q for q in self.questions if q.key in given]
        while True:
            wanted = self._next(remaining, open_) if len(answers) < self.most else None
            if not waiting or len(answers) == self.most:
                return State(tuple(answers), remaining, wanted)
            question = wanted if wanted in waiting else waiting[0]
            waiting.remove(question)
            answer = self._answer(question, given[question.key], remaining)
            if answer:
                answers.append(answer)
                open_ = tuple(q for q in open_ if q is not question)
                remaining &= answer.option.fits if answer.option else remaining

    def _answer(self, question: Question, key: str, remaining: int) -> Answer | None:
        if self.may_skip and key == SKIP:
            return Answer(question, None)
        option = question.option(key)
        return Answer(question, option) if option and option.fits & remaining else None

    def without(self, state: State, question: Question) -> State:
        """The state as if this question had not been answered."""
        return self.state({key: value for key, value in state.given if key != question.key})

    def answered(self, state: State, question: Question, value: str) -> State:
        """The state with another answer to this question, or with a new one."""
        return self.state({**dict(state.given), question.key: value})

    def offers(self, question: Question, answers: Sequence[Answer]) -> list[Offer]:
        """What can be answered, given the answers to all other questions."""
        remaining = self.everything
        for answer in answers:
            if answer.option and answer.question is not question:
                remaining &= answer.option.fits
        return list(offers(question, remaining))


def offers(question: Question, remaining: int) -> Iterator[Offer]:
    """The options that leave something; of limits that leave the same only the strictest."""
    strictest: dict[int, Option] = {}
    for option in question.options:
        if option.kind is OptionKind.AT_MOST:
            strictest.setdefault(option.fits & remaining, option)
        elif option.kind is OptionKind.AT_LEAST:
            strictest[option.fits & remaining] = option
    strictest.pop(remaining, None)  # a limit that all keep tells nothing
    for option in question.options:
        kept = option.fits & remaining
        is_limit = option.kind in (OptionKind.AT_MOST, OptionKind.AT_LEAST)
        if kept and (not is_limit or strictest.get(kept) is option):
            yield Offer(option, kept.bit_count())


def information(question: Question, remaining: int) -> float:
    """Bits that an answer is expected to tell about which candidate is the right one.

    The mutual information of candidate C and answer A (Shannon 1948; Lindley 1956 on experiments,
    Quinlan 1986 as "information gain"):

        I(C; A) = sum over c, a of p(c) p(a|c) log2(p(a|c) / p(a))

    Every remaining candidate is equally likely to be the right one. Whoever wants c gives each
    answer that keeps c with equal probability, and leaving the question out is one of them. That
    makes overlapping answers ("up to 2,000", "up to 3,000") worth less than exclusive ones.
    """
    options = [offer.option.fits & remaining for offer in offers(question, remaining)]
    cells = _cells(remaining, options)
    total = remaining.bit_count()
    told = 0.0
    for option in [*options, remaining]:  # the last stands for leaving it out
        inside = [(cell.bit_count(), choices) for cell, choices in cells if cell & option]
        likely = sum(count / choices for count, choices in inside) / total
        told += sum(n / choices / total * -math.log2(choices * likely) for n, choices in inside)
    return told


def _cells(remaining: int, options: Sequence[int]) -> list[tuple[int, int]]:
    """Candidates that the same options keep, and how many answers each of those can give."""
    cells = [(remaining, 1)]
    for option in options:
        parts = ((cell & option, n + 1, cell & ~option, n) for cell, n in cells)
        cells = [
            (cell, choices)
            for inside, more, outside, same in parts
            for cell, choices in ((inside, more), (outside, same))
            if cell
        ]
    return cells


def most_telling(enough: int) -> NextQuestion:
    """Ask what tells most, until at most `enough` candidates remain; of equals the first."""

    def next_question(remaining: int, questions: tuple[Question, ...]) -> Question | None:
        if remaining.bit_count() <= enough or not questions:
            return None
        told = [information(question, remaining) for question in questions]
        best = max(told)
        return questions[told.index(best)] if best > _NOTHING else None

    return next_question


def members(candidates: int) -> list[int]:
    """The numbers of the candidates in a set, in order."""
    return [number for number in range(candidates.bit_length()) if candidates >> number & 1]
