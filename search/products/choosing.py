"""Which products are as a question wants them, and which of them fit best."""

from collections.abc import Iterable

from search.analysis import analyzer
from search.products.catalogue import Attributes, KnownProduct
from search.products.phrases import atoms
from search.products.quantities import Quantity, unit_of
from search.products.understanding import Keys, Wish, is_span
from search.products.words import Comparison

_TOLERANCE = 1e-6  # relative, of a number that was converted between units
# A number without a unit for a height of so many centimetres was meant in metres.
_METRES_UP_TO = 2.5


def choose(
    products: Iterable[KnownProduct], wish: Wish, attributes: Attributes, locale: str
) -> list[KnownProduct]:
    """The products that are as wanted, the best fit first; those that fit equally by title."""
    fitting = [product for product in products if _fits(product, wish, attributes, locale)]
    if wish.order and fitting:
        key, most = wish.order
        best = (max if most else min)(product.values[key] for product in fitting)
        return [product for product in fitting if product.values[key] == best]
    for keys, quantity in wish.conditions[:1]:
        fitting.sort(key=lambda product: _distance(product, keys, quantity, attributes))
    return fitting


def is_ranked(wish: Wish, attributes: Attributes) -> bool:
    """Whether some products fit better than others, so that the first few are an answer."""
    return any(
        len(keys) == 1 and _comparison(quantity, attributes[min(keys)].bound)
        for keys, quantity in wish.conditions[:1]
    )


def _fits(product: KnownProduct, wish: Wish, attributes: Attributes, locale: str) -> bool:
    """Whether the product has every value the answer tells, and the wanted ones."""
    if not all(key in product.facts for key in wish.keys(attributes)):
        return False
    choices = [*wish.choices, *wish.kinds]
    return all(_has(product.values.get(key), value, locale) for key, value in choices) and all(
        _meets(product, keys, quantity, attributes) for keys, quantity in wish.conditions
    )


def _has(held: object, wanted: str | bool, locale: str) -> bool:
    """Whether a value is the one wanted, or holds or contains it."""
    if isinstance(held, list):
        return wanted in held
    if held == wanted or not isinstance(wanted, str):
        return held == wanted
    term = analyzer(locale).term
    one, other = (f" {' '.join(map(term, atoms(text)))} " for text in (wanted, str(held)))
    return one in other


def _meets(product: KnownProduct, keys: Keys, quantity: Quantity, attributes: Attributes) -> bool:
    if is_span(keys, attributes):
        return _is_within(product, keys, quantity, attributes)
    (key,) = keys
    schema, value = attributes[key], float(product.values[key])
    low, high = _in_unit(quantity, schema.unit)
    if high is not None:
        return low <= value <= high
    slack = abs(low) * _TOLERANCE
    match _comparison(quantity, schema.bound):
        case Comparison.LESS:
            return value < low - slack
        case Comparison.AT_MOST:
            return value <= low + slack
        case Comparison.AT_LEAST:
            return value >= low - slack
        case Comparison.MORE:
            return value > low + slack
        case _:
            return abs(value - low) <= slack


def _comparison(quantity: Quantity, bound: str | None) -> Comparison | None:
    """How values compare with the number; None when they must equal it.

    Without a word for it what fits decides: 150 kg fit a load of 150 kg or more, and 2,000 euros
    pay a price of 2,000 or less.
    """
    if quantity.comparison is Comparison.UP_TO:
        return Comparison.AT_LEAST if bound == "max" else Comparison.AT_MOST
    if quantity.comparison or quantity.upto is not None:
        return quantity.comparison or Comparison.AT_MOST
    return {"max": Comparison.AT_LEAST, "min": Comparison.AT_MOST}.get(bound or "")


def _is_within(
    product: KnownProduct, keys: Keys, quantity: Quantity, attributes: Attributes
) -> bool:
    """Whether a span such as rider height holds the number, or goes beyond it where asked so."""
    low, high = _span(product, keys, attributes)
    first, last = _in_unit(quantity, attributes[min(keys)].unit)
    if quantity.comparison is Comparison.MORE:
        return high > first
    if quantity.comparison is Comparison.LESS:
        return low < first
    return low <= first and (first if last is None else last) <= high


def _span(product: KnownProduct, keys: Keys, attributes: Attributes) -> tuple[float, float]:
    ends = {attributes[key].bound: float(product.values[key]) for key in keys}
    return ends["min"], ends["max"]


def _in_unit(quantity: Quantity, unit: str) -> tuple[float, float | None]:
    """The numbers of a quantity in the unit of an attribute."""
    size = unit_of(unit).size if quantity.measures else 1.0
    if not quantity.measures and unit_of(unit) == unit_of("cm") and quantity.value < _METRES_UP_TO:
        size = 1 / 100
    upto = quantity.upto
    return quantity.value / size, None if upto is None else upto / size


def _distance(
    product: KnownProduct, keys: Keys, quantity: Quantity, attributes: Attributes
) -> float:
    """The smaller, the better the product fits."""
    if is_span(keys, attributes):
        low, high = _span(product, keys, attributes)
        return abs((low + high) / 2 - _in_unit(quantity, attributes[min(keys)].unit)[0])
    (key,) = keys
    bound, value = attributes[key].bound, float(product.values[key])
    more = _comparison(quantity, bound) in (Comparison.AT_LEAST, Comparison.MORE)
    # Of what one can do more with, the most; of the others, prices and weights, the least.
    return -value if more and bound == "max" else value
