"""Products: attributes against their schema, facts in the reader's language."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from indexer.assemble import Entry, enter, finish
from indexer.facts import shown, typed
from indexer.parse import parse
from indexer.parsed import Finding
from indexer.source import Source
from kb.documents import Kind
from kb.numbers import price_text
from kb.problems import Severity
from kb.site import AttributeSchema, LocaleInfo, ProductType, Site

WEIGHT = AttributeSchema(
    type="number", unit="kg", label={"de": "Gewicht", "en": "Weight"}, required=True
)
WHEEL = AttributeSchema(type="number", unit="Zoll", unit_by_locale={"en": "in"})
BELT = AttributeSchema(type="boolean", label={"de": "Riemen", "en": "Belt"})
USES = AttributeSchema(
    type="choices", choices={"city": {"de": "Stadt", "en": "City"}, "tour": {"en": "Touring"}}
)
SHAPE = AttributeSchema(type="choice", choices={"diamond": {"de": "Diamant", "en": "Diamond"}})
SITE = Site(
    default_locale="de",
    locales={"de": LocaleInfo(), "en": LocaleInfo()},
    product_types={
        "ebike": ProductType(
            attributes={
                "weight": WEIGHT,
                "belt": BELT,
                "use": USES,
                "shape": SHAPE,
                "sizes": AttributeSchema(type="list"),
                "gears": AttributeSchema(type="text"),
            }
        )
    },
)


def read(
    fields: str, locale: str = "de", folder: str = "ebike", body: str = "Text"
) -> tuple[Entry | None, list[Finding]]:
    text = f"---\ntitle: City 3\n{fields}\n---\n{body}\n"
    path = f"{locale}/products/{folder}/city-3.md"
    source = Source(path, Path(path), Kind.PRODUCT, locale, folder, "city-3")
    now = datetime(2026, 6, 1, tzinfo=UTC)
    return enter(source, parse(text.encode(), locale, Kind.PRODUCT), SITE, now)


def facts_of(fields: str, locale: str = "de") -> list[str]:
    entry, found = read(fields, locale)
    assert found == []
    assert entry is not None
    _, page = finish(entry, "", "", ())
    assert page.sections[0].anchor == "facts"
    return [block.text for block in page.sections[0].blocks]


FIELDS = """sku: 0815
price: 2299
attributes:
  weight: 23.4
  belt: yes
  use: [city, tour]
  shape: diamond
  sizes: [S, M]
  gears: 7
suitable_for: [short trips, shopping]
not_for: steep hills"""


def test_every_fact_reads_alone_in_german() -> None:
    assert facts_of(FIELDS, "de") == [
        "City 3 – Preis: 2.299 €",
        "City 3 – Artikelnummer: 0815",
        "City 3 – Gewicht: 23,4 kg",
        "City 3 – Riemen: Ja",
        "City 3 – use: Stadt, Touring",
        "City 3 – shape: Diamant",
        "City 3 – sizes: S, M",
        "City 3 – gears: 7",
        "City 3 – Geeignet für: short trips; shopping",
        "City 3 – Nicht geeignet für: steep hills",
    ]


def test_every_fact_reads_alone_in_english() -> None:
    facts = facts_of(FIELDS, "en")
    assert facts[:4] == [
        "City 3 – Price: €2,299",
        "City 3 – Item number: 0815",
        "City 3 – Weight: 23.4 kg",
        "City 3 – Belt: Yes",
    ]


def test_facts_hold_no_invisible_characters() -> None:
    assert facts_of("attributes:\n  weight: 3\n  gears: 9\u200dfach") == [
        "City 3 – Gewicht: 3 kg",
        "City 3 – gears: 9fach",
    ]


def test_facts_keep_the_typed_value() -> None:
    entry, _ = read(FIELDS)
    assert entry is not None
    assert entry.document.product is not None
    raw = {fact.key: fact.raw for fact in entry.document.product.facts}
    assert raw == {
        "weight": 23.4,
        "belt": True,
        "use": ["city", "tour"],
        "shape": "diamond",
        "sizes": ["S", "M"],
        "gears": "7",
    }
    assert entry.document.category == "ebike"


@pytest.mark.parametrize(
    ("line", "code", "place", "sentence"),
    [
        ("  weigth: 3", "unknown-attribute", (5, 3), "attributes.weigth: unknown"),
        ("  belt: maybe", "attribute-value", (5, 3), "expected true or false, found `maybe`."),
        ("  use: [city, sea]", "attribute-value", (5, 3), "one of city, tour, found `sea`."),
        ("  shape: [diamond]", "attribute-value", (5, 3), "expected one value, found a list."),
        ("  sizes: [{a: b}]", "attribute-value", (5, 3), "expected one value, found fields."),
    ],
)
def test_attributes_that_do_not_fit_are_told_precisely(
    line: str, code: str, place: tuple[int, int], sentence: str
) -> None:
    entry, found = read(f"attributes:\n  weight: 3\n{line}")
    assert entry is None
    assert [(f.code, (f.line, f.column)) for f in found] == [(code, place)]
    assert sentence in found[0].message


def test_a_decimal_comma_gets_the_advice_to_write_a_point() -> None:
    _, found = read("attributes:\n  weight: 23,4")
    assert "a decimal point such as 23.4, found `23,4`" in found[0].message


def test_a_missing_required_attribute_is_an_error() -> None:
    _, found = read("attributes:\n  belt: true")
    assert [(f.code, f.line, f.severity) for f in found] == [
        ("missing-attribute", 3, Severity.ERROR)
    ]


def test_an_unknown_product_type_is_an_error_at_its_field() -> None:
    _, found = read("type: boat", folder="")
    assert [(f.code, f.line) for f in found] == [("unknown-product-type", 3)]
    assert "ebike" in found[0].message


def test_a_heading_called_facts_does_not_take_the_anchor_of_the_facts() -> None:
    entry, _ = read("attributes:\n  weight: 3", body="## Facts\n\nText")
    assert entry is not None
    assert entry.parsed.anchors == ("facts-1",)


@pytest.mark.parametrize(
    ("raw", "schema", "locale", "text"),
    [
        (1200, WEIGHT, "de", "1.200 kg"),
        (1200, WEIGHT, "en", "1,200 kg"),
        (1200.5, WEIGHT, "fr", "1 200,5 kg"),
        (28, WHEEL, "de", "28 Zoll"),
        (28, WHEEL, "en", "28 in"),
        (28, WHEEL, "xx", "28 Zoll"),
        (False, BELT, "de", "Nein"),
    ],
)
def test_values_follow_the_language(
    raw: Any, schema: AttributeSchema, locale: str, text: str
) -> None:
    assert shown(raw, schema, locale) == text


@pytest.mark.parametrize(
    ("amount", "locale", "text"),
    [
        (2299, "de", "2.299 €"),
        (64.9, "de", "64,90 €"),
        (64.9, "en", "€64.90"),
        (1290, "en", "€1,290"),
        (1290, "fr", "1 290 €"),
    ],
)
def test_prices_follow_the_language_and_show_cents_only_where_there_are_any(
    amount: float, locale: str, text: str
) -> None:
    assert price_text(amount, "EUR", locale) == text


@pytest.mark.parametrize(("written", "value"), [("23.4", 23.4), ("80", 80), ("-1", -1)])
def test_numbers_keep_their_kind(written: str, value: float) -> None:
    found = typed(written, WEIGHT)
    assert found == value
    assert type(found) is type(value)
