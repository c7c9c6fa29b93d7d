"""The products of one locale with their facts, and all the phrases by which they are asked for."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from kb.documents import BlockKind, Document, Kind, Page, Section
from kb.instructions import addresses_machines
from kb.numbers import price_text
from kb.site import Asked, AttributeSchema, ProductType, Site
from kb.store.library import Library
from kb.text import localized, visible
from search.products.phrases import Meaning, Role, atoms
from search.products.quantities import names_of, unit_of
from search.products.reading import Lexicon
from search.products.words import BUILT_IN

Attributes = Mapping[str, AttributeSchema]


@dataclass(frozen=True, slots=True)
class ProductFact:
    """One attribute of a product, as its page says it."""

    document: int  # number in the library
    key: str  # of the attribute, or `price`, `sku`, `suitable_for`, `not_for`
    text: str  # "City 3 – Weight: 23.4 kg"
    heading: str  # of the section where it stands
    anchor: str


@dataclass(frozen=True, slots=True)
class KnownProduct:
    document: int
    title: str
    type: str
    values: Mapping[str, Any]  # raw, by the attribute's key
    facts: Mapping[str, ProductFact]


class Catalogue:
    """What is known about the products of one locale. Never changes."""

    def __init__(self, library: Library, site: Site, locale: str) -> None:
        self.locale = locale
        self.lexicon = Lexicon(locale)
        self.products: dict[int, KnownProduct] = {}  # by the numbers of their documents
        self._by_type: dict[str, list[KnownProduct]] = {}
        currencies: dict[str, set[str]] = {}
        for document in library.documents(locale, Kind.PRODUCT):
            number = library.find(Kind.PRODUCT, locale, document.slug)
            if number is None or document.product is None:
                continue
            if document.product.type in site.product_types:
                self._add_product(_known(number, document, library.page(number)))
                currencies.setdefault(document.product.type, set()).add(document.product.currency)
        self.types = {
            name: _priced(described, currencies[name])
            for name, described in site.product_types.items()
            if name in currencies
        }
        nouns = {
            noun for name in self.types for noun in self._add_type(name, site.product_types[name])
        }
        self._add_parts(nouns)

    def _add_product(self, known: KnownProduct) -> None:
        self.products[known.document] = known
        self._by_type.setdefault(known.type, []).append(known)
        for name in names_of_title(known.title):
            self.lexicon.add_name(name, frozenset([known.document]))
        if sku := known.values["sku"]:
            self.lexicon.add_name(sku, frozenset([known.document]))

    def of_type(self, name: str) -> list[KnownProduct]:
        """All products of a type, by title."""
        return self._by_type[name]

    def _add_parts(self, nouns: set[tuple[str, ...]]) -> None:
        """Titles without their last word and number: `Cargo` of `Cargo 2` and `Cargo Mini`.

        What names a type means the type.
        """
        by_part: dict[str, set[int]] = {}
        for product in self.products.values():
            for part in _beginnings(product.title):
                by_part.setdefault(part, set()).add(product.document)
        for part, products in by_part.items():
            if self._terms(part) not in nouns:
                self.lexicon.add_part(part, frozenset(products))

    def _add_type(self, name: str, described: ProductType) -> set[tuple[str, ...]]:
        """Returns the terms of the words that name the type."""
        title = localized(described.title, self.locale, name.replace("_", " "))
        nouns = [title, *(_in(described.asked, self.locale) or ())]
        for phrase in nouns:
            self.lexicon.add(phrase, Meaning(Role.TYPE, name))
        ends = tuple(words[-1] for phrase in nouns if (words := atoms(phrase)))
        for key, schema in self.types[name].items():
            for value, phrase in self._choices(schema):
                self.lexicon.add_value(phrase, Meaning(Role.CHOICE, name, key, value))
                # A Lastenrad is a Rad: such a choice names the type as well.
                if atoms(phrase)[-1].endswith(ends):
                    self.lexicon.add_value(phrase, Meaning(Role.TYPE, name))
            self._add_attribute(name, key, schema)
            self._add_values(name, key, schema)
            self._add_unit(name, key, schema)
        return {self._terms(phrase) for phrase in nouns}

    def _choices(self, schema: AttributeSchema) -> Iterator[tuple[str, str]]:
        for value, labels in schema.choices.items():
            words = _in(schema.asked_choices.get(value, {}), self.locale)
            if words == []:
                continue  # the editors' way to say that not even the label means this choice
            for phrase in (_plain(localized(labels, self.locale, value)), *(words or ())):
                if atoms(phrase):
                    yield value, phrase

    def _add_attribute(self, name: str, key: str, schema: AttributeSchema) -> None:
        lexicon, asked = self.lexicon, Meaning(Role.ASKED, name, key)
        other = self.types[name].get(schema.asked_with)
        groups = (schema.asked, other.asked if other else {})
        phrases = [phrase for words in groups for phrase in _in(words, self.locale) or ()]
        for phrase in (*self._labels(name, key), *phrases):
            lexicon.add(phrase, asked)
        for most, words in ((True, schema.asked_most), (False, schema.asked_least)):
            for phrase in _in(words, self.locale) or ():
                role = Role.MOST if most else Role.LEAST
                lexicon.add_superlative(phrase, Meaning(role, name, key))
                self._add_comparatives(phrase, name, key, most)

    def _add_comparatives(self, superlative: str, name: str, key: str, most: bool) -> None:
        """Of `leichteste`: `leichter als …`, and `leichter` between two products."""
        language, role = self.lexicon.language, Role.MORE if most else Role.LESS
        bent = " ".join(map(language.superlative, atoms(superlative)))
        for word in language.comparatives(bent):
            self.lexicon.add_superlative(f"{word} {language.than} …", Meaning(role, name, key))
            compared = Meaning(Role.COMPARED, name, key)
            self.lexicon.add_superlative(word, compared)
            self.lexicon.add_superlative(f"{word} {language.than}", compared)

    def _labels(self, name: str, key: str) -> set[str]:
        """The attribute's label as its facts show it; built-in ones have theirs only there."""
        found = {
            _plain(product.facts[key].text.removeprefix(f"{product.title} – ").split(": ")[0])
            for product in self.of_type(name)
            if key in product.facts
        }
        return {label for label in found if atoms(label)}

    def _add_values(self, name: str, key: str, schema: AttributeSchema) -> None:
        """What texts and lists hold may be asked for: `size XL`, `disc brakes`."""
        if schema.type not in ("text", "list") or key in BUILT_IN:
            return
        asked = _in(schema.asked, self.locale) or ()
        for product in self.of_type(name):
            raw = product.values.get(key, [])
            for value in raw if isinstance(raw, list) else [raw]:
                # A lone letter is too little: `size S`, but not `s`.
                enough = [value] if len("".join(atoms(value))) > 1 else []
                for phrase in (*enough, *(f"{word} {value}" for word in asked)):
                    self.lexicon.add_value(phrase, Meaning(Role.CHOICE, name, key, value))

    def _add_unit(self, name: str, key: str, schema: AttributeSchema) -> None:
        """A unit asks for the type's only attribute that has it: `how many Nm`."""
        measured = [unit_of(s.unit).measures for s in self.types[name].values() if s.unit]
        measures = unit_of(schema.unit).measures
        if schema.unit and measured.count(measures) == 1:
            for unit in names_of(measures):
                self.lexicon.add(unit, Meaning(Role.ASKED, name, key))

    def _terms(self, phrase: str) -> tuple[str, ...]:
        return tuple(map(self.lexicon.term, atoms(phrase)))


def _known(number: int, document: Document, page: Page) -> KnownProduct:
    """A product with its facts as they stand in its page."""
    product = document.product
    assert product is not None
    values: dict[str, Any] = {
        "price": product.price,
        "sku": product.sku,
        "suitable_for": list(product.suitable_for),
        "not_for": list(product.not_for),
        **{fact.key: fact.raw for fact in product.facts},
    }
    price, currency = product.price, product.currency
    texts = {
        "price": "" if price is None else price_text(price, currency, document.locale),
        "sku": product.sku,
        "suitable_for": "; ".join(product.suitable_for),
        "not_for": "; ".join(product.not_for),
        # With their labels: two attributes may have the same value.
        **{fact.key: f"{fact.label}: {fact.value}" for fact in product.facts},
    }
    told = [(section, said) for section in page.sections if (said := _facts_of(section))]
    facts = {
        key: ProductFact(number, key, text, section.heading, section.anchor)
        for key, value in texts.items()
        for section, said in told
        if (text := _fact_ending(said, f" {visible(value)}"))
    }
    return KnownProduct(number, visible(document.title), product.type, values, facts)


def _facts_of(section: Section) -> list[str]:
    return [block.text for block in section.blocks if block.kind is BlockKind.FACT]


def _fact_ending(facts: Iterable[str], end: str) -> str:
    """The first of a section's facts that ends so; "" for none, or when it must not be said."""
    found = next((text for text in facts if end.strip() and text.endswith(end)), "")
    return "" if not found or addresses_machines(found) else found


def _priced(described: ProductType, currencies: Iterable[str]) -> Attributes:
    """The type's attributes with those every product has; prices in its only currency."""
    named = list(currencies)
    unit = {"unit": named[0]} if len(named) == 1 else {}
    built_in = {**BUILT_IN, "price": BUILT_IN["price"].model_copy(update=unit)}
    return MappingProxyType({**built_in, **described.attributes})


def _in(words: Asked, locale: str) -> list[str] | None:
    """The phrases for a locale; those of its language serve `de-AT` where it has none."""
    return words.get(locale, words.get(locale.split("-")[0]))


def _plain(label: str) -> str:
    """A label without what it explains in brackets."""
    return re.sub(r"\s*\(.*?\)", "", label)


def names_of_title(title: str) -> set[str]:
    """A title, its parts with a code (`RB-500` of `Akku RB-500`), its ends of two words and more.

    The end of a `Child seat Mio` is `seat Mio`; one word, as in `Helmet Kids`, says too little.
    """
    words = title.split()
    starts = range(len(words))
    parts = {
        " ".join(words[start:end]) for start in starts for end in range(start + 1, 1 + len(words))
    }
    coded = {part for part in parts if re.search(r"\d", part) and re.search(r"[^\W\d]", part)}
    return {title, *coded, *(" ".join(words[start:]) for start in starts[:-1])}


def _beginnings(title: str) -> Iterator[str]:
    words = title.split()[:-1]
    if words:
        yield " ".join(words)
    while words and words[-1].isdecimal():
        words.pop()
        if words:
            yield " ".join(words)
