"""What the pages of all guides share: a state as an address, and links to the next ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from kb.choosing.guide import SKIP, Answer, Guide, Offer, Question, State

CHANGE = "ask"  # the parameter that asks an answered question again

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """An answer that was given, with the ways to give another and to take it back."""

    answer: Answer
    change: str
    remove: str


@dataclass(frozen=True, slots=True)
class Way:
    """An option with where it leads."""

    offer: Offer
    url: str
    current: bool  # it is the answer that is being changed


@dataclass(frozen=True, slots=True)
class Step:
    """One page of a guide."""

    state: State
    question: Question | None  # the next one, or one that is asked again; None at the end
    number: int  # of the question among those asked, from 1
    pairs: Pairs  # the state's parameters; equal states have equal ones
    chips: tuple[Chip, ...]
    ways: tuple[Way, ...]
    skip: str  # addresses; "" where it is not possible
    back: str


def step_of(guide: Guide, path: str, given: Mapping[str, str]) -> Step:
    """The page below `path` for these parameters; unknown ones and what does not fit is dropped."""
    state = guide.state(given)
    answered = {answer.question.key: answer for answer in state.answers}
    changed = answered.get(given.get(CHANGE, ""))
    question = changed.question if changed else state.question
    pairs = (*state.given, (CHANGE, changed.question.key)) if changed else state.given
    return Step(
        state=state,
        question=question,
        number=1 + (state.answers.index(changed) if changed else len(state.answers)),
        pairs=pairs,
        chips=tuple(_chip(guide, path, state, answer) for answer in state.answers),
        ways=tuple(_ways(guide, path, state, question)) if question else (),
        skip=_skip(guide, path, state, question) if question else "",
        back=_back(guide, path, state, changed),
    )


def address(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """A path with parameters, if there are any."""
    query = urlencode(list(pairs))
    return f"{path}?{query}" if query else path


def _chip(guide: Guide, path: str, state: State, answer: Answer) -> Chip:
    change = address(path, [*state.given, (CHANGE, answer.question.key)])
    return Chip(answer, change, address(path, guide.without(state, answer.question).given))


def _ways(guide: Guide, path: str, state: State, question: Question) -> Iterable[Way]:
    current = dict(state.given).get(question.key)
    for offer in guide.offers(question, state.answers):
        key = offer.option.key
        reached = guide.answered(state, question, key)
        yield Way(offer, address(path, reached.given), key == current)


def _skip(guide: Guide, path: str, state: State, question: Question) -> str:
    if not guide.may_skip:
        return ""
    return address(path, guide.answered(state, question, SKIP).given)


def _back(guide: Guide, path: str, state: State, changed: Answer | None) -> str:
    """To the question before; from a question asked again to where the change began."""
    if changed:
        return address(path, state.given)
    if not state.answers:
        return ""
    return address(path, guide.without(state, state.answers[-1].question).given)
