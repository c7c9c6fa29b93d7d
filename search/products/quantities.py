"""Numbers of a question, with their units and what they are compared by."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kb.numbers import number_text
from search.analysis import normalise
from search.products.phrases import atoms
from search.products.words import Comparison, Language


class Unit(NamedTuple):
    measures: str  # units that measure the same can be compared
    size: float  # in the base of what it measures


_CURRENCIES = {
    "EUR": "eur euro euros",
    "CHF": "chf franken francs",
    "GBP": "gbp pfund quid",
    "USD": "usd dollar dollars",
}
# Short and long distances are told apart: nobody is 80 km tall.
_WRITTEN: dict[tuple[str, float], str] = {
    ("mass", 1): "g gr gramm gram grams",
    ("mass", 1000): "kg kgs kilo kilos kilogramm kilogram kilograms",
    ("mass", 453.592): "lb lbs pound pounds",
    ("length", 1): "mm millimeter millimetre millimetres millimeters",
    ("length", 10): "cm zentimeter centimeter centimeters centimetre centimetres",
    ("length", 1000): "m meter metern metre metres meters",
    ("length", 304.8): "ft foot feet",
    ("distance", 1): "km kms kilometer kilometern kilometers kilometre kilometres",
    ("distance", 1.60934): "mile miles mi meile meilen",
    ("wheel", 1): "zoll inch inches in",
    ("energy", 1): "wh wattstunden watt_hours watt_hour",
    ("energy", 1000): "kwh kilowattstunden kilowatt_hours",
    ("torque", 1): "nm newtonmeter newton_metres newton_meters",
    ("speed", 1): "km_h kmh kph stundenkilometer",
    ("speed", 1.60934): "mph",
    ("time", 60): "h std stunde stunden hour hours hrs",
    ("time", 1): "minute minuten minutes mins",
    ("volume", 1): "l liter litern litre litres liters",
    ("voltage", 1): "v volt volts",
    ("current", 1): "a ampere amp amps",
    **{(currency, 1): names for currency, names in _CURRENCIES.items()},
}
_UNITS = {
    name.replace("_", " "): Unit(*unit)
    for unit, names in _WRITTEN.items()
    for name in names.split()
}
_SIGNS = {"€": " euro ", "£": " gbp ", "$": " usd ", "″": " inch ", '"': " inch "}
_INCH, _FOOT, _METRE = 25.4, 304.8, 1000.0
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*", re.ASCII)


def unit_of(written: str) -> Unit:
    """The unit of an attribute as the schema writes it; one we do not know compares with itself."""
    name = " ".join(re.findall(r"[^\W\d_]+", normalise(written)))
    return _UNITS.get(name, Unit(name, 1.0))


def measured(word: str) -> str:
    """What a word measures when it names a unit, else ""."""
    unit = _UNITS.get(word)
    return unit.measures if unit else ""


def names_of(measures: str) -> list[str]:
    """The units of a measure that cannot be mistaken for other words, such as `in` or `a`."""
    return [name for name, unit in _UNITS.items() if unit.measures == measures and len(name) > 1]


def spelled_out(text: str) -> str:
    """The text with words for the signs of units, which are no words for the analysis."""
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    return text


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a question, in the base of its unit."""

    value: float
    measures: str  # what its unit measures; "" when the question gives none
    comparison: Comparison | None = None
    upto: float | None = None  # the second number of "between 20 and 25 kg"


class _Number(NamedTuple):
    value: float  # in its unit
    unit: Unit | None
    end: int  # the place behind it

    def based(self, unit: Unit | None) -> float:
        return self.value * (unit.size if unit else 1.0)


class Quantities:
    """Finds the quantities among the words of one language."""

    def __init__(self, words: Language, locale: str) -> None:
        self._before = {tuple(atoms(phrase)): found for phrase, found in words.before.items()}
        self._behind = {tuple(atoms(phrase)): found for phrase, found in words.behind.items()}
        self._between = {normalise(one): normalise(two) for one, two in words.between.items()}
        self._words = {word: float(n) for n, word in enumerate(atoms(words.numbers), start=2)}
        decimal, group = ",." if "," in number_text(1.5, locale) else ".,"
        self._group = group
        self._grouped = re.compile(rf"\d{{1,3}}(\{group}\d{{3}})+(\{decimal}\d+)?")

    def at(self, words: Sequence[str], place: int) -> tuple[Sequence[str], Quantity, int] | None:
        """The quantity that begins at a place, and the place behind it.

        First come the words inside it that are no part of it: "at least *level* 10".
        """
        if found := self._range(words, place):
            return (), *found
        comparison, start = _compared(self._before, words, place)
        between: Sequence[str] = ()
        number = self._number(words, start)
        if number is None and comparison:
            between = words[start : start + 1]
            number = self._number(words, start + 1)
        if number is None:
            return None
        end = number.end
        if comparison is None:
            comparison, end = _compared(self._behind, words, end)
        measures = number.unit.measures if number.unit else ""
        return between, Quantity(number.based(number.unit), measures, comparison), end

    def _range(self, words: Sequence[str], place: int) -> tuple[Quantity, int] | None:
        """Both ends of "between 20 and 25 kg"; the unit may stand at the second only."""
        middle = self._between.get(words[place])
        low = self._number(words, place + 1) if middle else None
        if low is None or low.end >= len(words) or words[low.end] != middle:
            return None
        high = self._number(words, low.end + 1)
        if high is None:
            return None
        unit = high.unit or low.unit
        measures = unit.measures if unit else ""
        quantity = Quantity(low.based(low.unit or unit), measures, None, high.based(unit))
        return quantity, high.end

    def _number(self, words: Sequence[str], place: int) -> _Number | None:
        """A number with its unit behind it; currencies stand in front, too."""
        unit, start = _unit_at(words, place)
        if unit is not None and unit.measures not in _CURRENCIES:
            return None
        value = self._plain(words, start)
        if value is None:
            return None
        end = start + 1
        if unit is None:
            unit, end = _unit_at(words, end)
        smaller = self._plain(words, end) if unit else None
        if unit and unit.size == _METRE and smaller and re.fullmatch(r"\d\d", words[end]):
            return _Number(value + smaller / 100, unit, end + 1)  # 1 m 60
        if unit and unit.size == _FOOT and smaller and smaller < 12:  # 5 ft 3
            return _Number(value + smaller * _INCH / _FOOT, unit, _unit_at(words, end + 1)[1])
        return _Number(value, unit, end)

    def _plain(self, words: Sequence[str], place: int) -> float | None:
        """1.200 and 1,5 as the language writes them, and the words for small numbers."""
        if place >= len(words):
            return None
        word = words[place]
        if not word[0].isdecimal():
            return self._words.get(word)
        if not _NUMBER.fullmatch(word):  # `1⁄2`
            return None
        if self._grouped.fullmatch(word):
            word = word.replace(self._group, "")
        word = word.replace(",", ".")  # people type the other language's comma, too
        return float(word) if word.count(".") <= 1 else None


def _compared(
    phrases: Mapping[tuple[str, ...], Comparison], words: Sequence[str], place: int
) -> tuple[Comparison | None, int]:
    """The comparison at a place, the longest phrase first, and the place behind it."""
    for end in range(min(place + 3, len(words)), place, -1):
        if found := phrases.get(tuple(words[place:end])):
            return found, end
    return None, place


def _unit_at(words: Sequence[str], place: int) -> tuple[Unit | None, int]:
    """The unit at a place, and the place behind it."""
    for end in range(min(place + 2, len(words)), place, -1):
        if found := _UNITS.get(" ".join(words[place:end])):
            return found, end
    return None, place
