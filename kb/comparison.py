"""Products side by side: what tells them apart first, then what they share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kb.documents import Fact, Product

MOST = 3  # products in a comparison; more columns do not fit a phone, nor a customer's memory


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute of all compared products."""

    key: str
    label: str
    values: tuple[str, ...]  # as a reader sees them, one a product; "" where nothing is known


@dataclass(frozen=True, slots=True)
class Comparison:
    differences: tuple[Row, ...]
    same: tuple[Row, ...]


def compare(products: Sequence[Product]) -> Comparison:
    """All attributes that any of the products has, in the order of the facts.

    What only some of the products tell is a difference: the customer has to ask.
    """
    by_key = [{fact.key: fact for fact in product.facts} for product in products]
    differences: list[Row] = []
    same: list[Row] = []
    for key in _keys(products):
        facts = [facts.get(key) for facts in by_key]
        known = [fact for fact in facts if fact]
        row = Row(key, known[0].label, tuple(fact.value if fact else "" for fact in facts))
        (same if _are_equal(facts) else differences).append(row)
    return Comparison(tuple(differences), tuple(same))


def _keys(products: Iterable[Product]) -> list[str]:
    return list(dict.fromkeys(fact.key for product in products for fact in product.facts))


def _are_equal(facts: Iterable[Fact | None]) -> bool:
    """The raw values decide: products may be described in different languages."""
    values = [_comparable(fact.raw) if fact else None for fact in facts]
    return all(value == values[0] for value in values)


def _comparable(value: Any) -> Any:
    """Lists have no order to compare: [S, M] is [M, S]."""
    return sorted(map(str, value)) if isinstance(value, list | tuple) else value
