"""The product finder: questions made of what is known about the products of one type."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kb.choosing.guide import Answer, Guide, Option, State, members, most_telling
from kb.choosing.topics import topics
from kb.documents import Document
from kb.site import ProductType

FEW = 3  # products are few enough to look at; also the most near misses that are told
MOST_QUESTIONS = 5

_FAR = float("inf")


@dataclass(frozen=True, slots=True)
class Reason:
    """What a product has to say to an answer, whether it fits or not."""

    answer: Answer
    option: Option
    value: str  # with unit; "" where nothing is known


@dataclass(frozen=True, slots=True)
class Choice:
    """A product at the end, with its reasons: all answers it fits, or the one it does not."""

    document: Document
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    choices: tuple[Choice, ...]  # at most FEW
    # How they were chosen where more fit: the cheapest, the middle and the dearest, or, where not
    # all have a price, the first, the middle and the last by name.
    chosen_by: Literal["", "price", "name"]
    near_misses: tuple[Choice, ...]


class ProductFinder:
    """Finds among the products of one type. Safe to share between threads."""

    def __init__(
        self, product_type: ProductType, products: Sequence[Document], locale: str
    ) -> None:
        """Made once for the products a reader of this locale can see, at least one."""
        self.products = tuple(products)
        asked = topics(product_type, self.products, locale)
        self._topics = {topic.question: topic for topic in asked if topic.question.options}
        self.guide = Guide(
            len(self.products),
            list(self._topics),
            most_telling(FEW),
            most=MOST_QUESTIONS,
            may_skip=True,
        )

    @property
    def is_useful(self) -> bool:
        """Whether there is more to choose from than can be looked at, and something to ask."""
        return self.guide.state({}).question is not None

    def fitting(self, state: State) -> list[Document]:
        """All products that the answers leave, the cheapest first."""
        found = [self.products[number] for number in members(state.remaining)]
        return sorted(found, key=_by_price)

    def outcome(self, state: State) -> Outcome:
        """What to show in the end, with the reasons."""
        found = sorted(members(state.remaining), key=lambda n: _by_price(self.products[n]))
        priced = all(_price(self.products[number]) is not None for number in found)
        chosen_by: Literal["", "price", "name"] = ""
        if len(found) > FEW:
            chosen_by = "price" if priced else "name"
            found = found if priced else sorted(found, key=lambda n: self.products[n].title)
            found = [found[0], found[len(found) // 2], found[-1]]
        choices = [self._choice(number, state.answers) for number in found]
        return Outcome(tuple(choices), chosen_by, tuple(self._near_misses(state)))

    def _choice(self, number: int, answers: Sequence[Answer]) -> Choice:
        reasons = tuple(
            Reason(answer, answer.option, self._topics[answer.question].texts[number])
            for answer in answers
            if answer.option
        )
        return Choice(self.products[number], reasons)

    def _near_misses(self, state: State) -> list[Choice]:
        """Products that fail a single answer, the nearest to their limit first."""
        failing: list[tuple[float, int, Answer]] = []
        asked = [answer for answer in state.answers if answer.option]
        for number in range(len(self.products)):
            missed = [a for a in asked if a.option and not a.option.fits >> number & 1]
            if len(missed) == 1:
                failing.append((self._distance(number, missed[0]), number, missed[0]))
        if len(asked) == 1:  # then missing it is near only by a number
            failing = [near for near in failing if near[0] < _FAR]
        failing.sort(key=lambda f: (f[0], _by_price(self.products[f[1]])))
        return [self._choice(number, [answer]) for _, number, answer in failing[:FEW]]

    def _distance(self, number: int, answer: Answer) -> float:
        """How far a product's number lies beyond the limit, as a share of it."""
        value = self._topics[answer.question].values[number]
        limit = answer.option.limit if answer.option else None
        if limit is None or not isinstance(value, int | float):
            return _FAR
        return abs(value - limit) / (abs(limit) or 1.0)


def _by_price(document: Document) -> tuple[float, str]:
    price = _price(document)
    return _FAR if price is None else price, document.title


def _price(document: Document) -> float | None:
    return document.product.price if document.product else None
