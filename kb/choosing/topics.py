"""What can be asked about the products of a type, made of the values that are really there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TypeVar

from kb.choosing.guide import SKIP, Option, OptionKind, Question
from kb.choosing.ranges import Span, bands, covers, cuts
from kb.documents import Document, Fact
from kb.numbers import number_text, price_text
from kb.site import Asking, AttributeSchema, ProductType
from kb.text import localized

PRICE = "price"
# Parameters of the finder's addresses; an attribute of that name gets an underscore behind it.
RESERVED = frozenset({"all", "ask", "locale", "type", PRICE})

_PREFERRED = {"max": "high", "min": "low"}  # by what a number bounds


@dataclass(frozen=True, slots=True)
class Topic:
    """A question with each product's own value, in the products' order."""

    question: Question
    values: tuple[object, ...]  # number, bool, list of choices or span; None where unknown
    texts: tuple[str, ...]  # the same for readers, with unit; "" where unknown


_Value = TypeVar("_Value")
_Facts = Sequence[Mapping[str, Fact]]  # by key, one mapping a product
_Worded = Callable[[float], str]  # a number with its unit


def topics(product_type: ProductType, products: Sequence[Document], locale: str) -> Iterator[Topic]:
    """Everything customers may choose by, in the editors' order, the price first.

    Texts and lists are no topics: their values are not meant to be equal.
    """
    if product_type.price.finder:
        yield from _price(product_type.price, products, locale)
    facts = [
        {fact.key: fact for fact in document.product.facts} if document.product else {}
        for document in products
    ]
    spans = _spans(product_type.attributes)
    ends = {key for pair in spans.values() for key in pair}
    for key, schema in product_type.attributes.items():
        if key in spans and schema.finder:
            yield _span(key, spans[key], product_type.attributes, facts, locale)
        elif key not in ends and schema.finder and schema.type not in ("text", "list"):
            yield _attribute(key, schema, facts, locale)


def _price(asking: Asking, products: Sequence[Document], locale: str) -> Iterator[Topic]:
    """The price, where all are in one currency. It has no label: readers' word for it is known."""
    priced = [document.product for document in products if document.product]
    currencies = {product.currency for product in priced if product.price is not None}
    if len(currencies) != 1:
        return
    (currency,) = currencies

    def worded(amount: float) -> str:
        return price_text(amount, currency, locale)

    values = [document.product.price if document.product else None for document in products]
    options = _limits(values, worded, "low")
    texts = tuple("" if value is None else worded(value) for value in values)
    yield Topic(_question(PRICE, "", asking, options, locale), tuple(values), texts)


def _attribute(key: str, schema: AttributeSchema, facts: _Facts, locale: str) -> Topic:
    values = tuple(known[key].raw if key in known else None for known in facts)
    texts = tuple(known[key].value if key in known else "" for known in facts)
    label = localized(schema.label, locale, key)
    if schema.type == "number":
        prefer = schema.prefer or _PREFERRED.get(schema.bound or "", "")
        numbers = [value if isinstance(value, int | float) else None for value in values]
        options = _limits(numbers, _with_unit(schema, locale), prefer)
    elif schema.type == "boolean":
        # Only a yes leaves something out: who does not need it can do with either.
        options = [Option("yes", OptionKind.YES, label, _keeping(values, lambda value: value))]
    else:
        options = list(_choices(schema, values, locale))
    return Topic(_question(key, label, schema, options, locale), values, texts)


def _spans(schemas: Mapping[str, AttributeSchema]) -> dict[str, tuple[str, str]]:
    """Pairs of attributes that are the ends of a span, by the one whose words both share."""
    found = {}
    for key, schema in schemas.items():
        other = schemas.get(schema.asked_with)
        if other and {schema.bound, other.bound} == {"min", "max"}:
            pair = (schema.asked_with, key)
            found[schema.asked_with] = pair if other.bound == "min" else pair[::-1]
    return found


def _span(
    key: str,
    ends: tuple[str, str],
    schemas: Mapping[str, AttributeSchema],
    facts: _Facts,
    locale: str,
) -> Topic:
    """The customer's own value, such as a height, that has to lie within each product's span."""
    schema = schemas[key]

    def text(span: Span) -> str:
        return f"{number_text(span[0], locale)}–{_with_unit(schema, locale)(span[1])}"

    values = [
        (known[ends[0]].raw, known[ends[1]].raw) if set(ends) <= known.keys() else None
        for known in facts
    ]
    found = bands([span for span in values if span])
    options = [_band(band, text(band), values) for band in found]
    labels = [localized(schemas[end].label, locale, end).split() for end in ends]
    shared = [one for one, two in zip(*labels, strict=False) if one == two]
    label = " ".join(shared) or localized(schema.label, locale, key)
    texts = tuple(text(span) if span else "" for span in values)
    return Topic(_question(key, label, schema, options, locale), tuple(values), texts)


def _band(band: Span, text: str, spans: Sequence[Span | None]) -> Option:
    fits = _keeping(spans, lambda span: covers(span, band))
    return Option(f"{_key(band[0])}-{_key(band[1])}", OptionKind.OWN, text, fits)


def _limits(values: Sequence[float | None], worded: _Worded, prefer: str) -> list[Option]:
    """Limits for a number of which customers want little or much, else ranges side by side."""
    known = [value for value in values if value is not None]
    edges = cuts(known, below=prefer != "high")
    if prefer == "high":
        return [_at_least(edge, worded(edge), values) for edge in edges]
    if prefer == "low":
        return [_at_most(edge, worded(edge), values) for edge in edges]
    return _ranges(edges, worded, values)


def _at_least(limit: float, text: str, values: Sequence[float | None]) -> Option:
    fits = _keeping(values, lambda value: value >= limit)
    return Option(_key(limit), OptionKind.AT_LEAST, text, fits, limit)


def _at_most(limit: float, text: str, values: Sequence[float | None]) -> Option:
    fits = _keeping(values, lambda value: value <= limit)
    return Option(_key(limit), OptionKind.AT_MOST, text, fits, limit)


def _ranges(
    edges: Sequence[float], worded: _Worded, values: Sequence[float | None]
) -> list[Option]:
    """Side by side: up to the first edge, between two, above the last."""
    if not edges:
        return []
    first, last = edges[0], edges[-1]
    between = [_between(low, high, worded, values) for low, high in pairwise(edges)]
    above = _keeping(values, lambda value: value > last)
    return [
        _at_most(first, worded(first), values),
        *between,
        Option(f"{_key(last)}-", OptionKind.ABOVE, worded(last), above, last),
    ]


def _between(low: float, high: float, worded: _Worded, values: Sequence[float | None]) -> Option:
    fits = _keeping(values, lambda value: low < value <= high)
    text = f"{worded(low)} – {worded(high)}"
    return Option(f"{_key(low)}-{_key(high)}", OptionKind.RANGE, text, fits)


def _choices(schema: AttributeSchema, values: Sequence[object], locale: str) -> Iterator[Option]:
    for key, label in schema.choices.items():
        if key in ("", SKIP):
            continue  # an address could not say it
        fits = _keeping(values, partial(_holds, key))
        yield Option(key, OptionKind.CHOICE, localized(label, locale, key), fits)


def _holds(choice: str, value: object) -> bool:
    return value == choice or (isinstance(value, list | tuple) and choice in value)


def _keeping(values: Sequence[_Value | None], keeps: Callable[[_Value], object]) -> int:
    """The candidates whose value is known and kept."""
    return sum(1 << n for n, value in enumerate(values) if value is not None and keeps(value))


def _question(
    key: str, label: str, asking: Asking, options: Sequence[Option], locale: str
) -> Question:
    return Question(
        key=f"{key}_" if key in RESERVED and label else key,
        label=label,
        text=localized(asking.question, locale),
        help=localized(asking.help, locale),
        options=tuple(option for option in options if option.fits),
    )


def _with_unit(schema: AttributeSchema, locale: str) -> _Worded:
    def worded(value: float) -> str:
        return f"{number_text(value, locale)} {schema.unit_in(locale)}".rstrip()

    return worded


def _key(number: float) -> str:
    return format(number, ".15g")
