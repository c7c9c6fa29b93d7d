"""Product attributes: checked against the type's schema, and put into words for one locale."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from indexer.front_matter import Place
from indexer.parsed import Finding
from indexer.wording import word
from kb.documents import Block, BlockKind, Fact, Section
from kb.front_matter import ProductFields
from kb.numbers import number_text, price_text
from kb.site import AttributeSchema, ProductType
from kb.text import localized, visible

_TRUE = frozenset({"true", "yes", "on", "ja", "1"})
_FALSE = frozenset({"false", "no", "off", "nein", "0"})
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


class WrongValue(Exception):
    """An attribute's value does not fit its schema; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Attributes:
    facts: tuple[Fact, ...]
    findings: tuple[Finding, ...]


def read_attributes(
    fields: ProductFields,
    places: Mapping[str, Place],
    product_type: ProductType | None,
    locale: str,
) -> Attributes:
    """Facts in the schema's order. Without a schema every attribute is taken as it stands."""
    given = fields.attributes
    if product_type is None:
        plain = (Fact(key, key, _plain(value), value) for key, value in given.items())
        return Attributes(tuple(plain), ())
    findings = list(_misfits(given, places, product_type))
    facts = []
    for key, schema in product_type.attributes.items():
        if given.get(key) is None:
            continue
        try:
            raw = typed(given[key], schema)
        except WrongValue as error:
            place = places.get(f"attributes.{key}", (1, 1))
            findings.append(Finding(*place, "attribute-value", f"attributes.{key}: {error}"))
            continue
        label = localized(schema.label, locale, key)
        facts.append(Fact(key, label, shown(raw, schema, locale), raw))
    return Attributes(tuple(facts), tuple(findings))


def _misfits(
    given: Mapping[str, Any], places: Mapping[str, Place], product_type: ProductType
) -> Iterator[Finding]:
    known = product_type.attributes
    for key in given:
        if key not in known:
            message = f"attributes.{key[:40]}: unknown; this product type has {', '.join(known)}."
            yield Finding(*places.get(f"attributes.{key}", (1, 1)), "unknown-attribute", message)
    for key, schema in known.items():
        if schema.required and given.get(key) is None:
            message = f"attributes.{key} is missing; this product type requires it."
            yield Finding(*places.get("attributes", (1, 1)), "missing-attribute", message)


def typed(value: Any, schema: AttributeSchema) -> Any:
    """The value as number, bool, text or list. Raises WrongValue with one sentence."""
    if schema.type in ("list", "choices"):
        items = [_text(item) for item in (value if isinstance(value, list) else [value])]
        return [_choice(item, schema) for item in items] if schema.type == "choices" else items
    text = _text(value)
    if schema.type == "choice":
        return _choice(text, schema)
    if schema.type == "number":
        return _number(text)
    if schema.type == "boolean":
        return _boolean(text)
    return text


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        found = "a list" if isinstance(value, list) else "fields"
        raise WrongValue(f"expected one value, found {found}.")
    if value is None or not str(value).strip():
        raise WrongValue("expected a value, found nothing.")
    return " ".join(str(value).split())


def _number(text: str) -> int | float:
    if not _NUMBER.fullmatch(text):
        hint = f" such as {text.replace(',', '.')}" if re.fullmatch(r"\d+,\d+", text) else ""
        raise WrongValue(f"expected a number with a decimal point{hint}, found `{text[:40]}`.")
    value = float(text)
    return int(value) if value.is_integer() and "." not in text else value


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise WrongValue(f"expected true or false, found `{text[:40]}`.")


def _choice(text: str, schema: AttributeSchema) -> str:
    if text in schema.choices:
        return text
    raise WrongValue(f"expected one of {', '.join(schema.choices)}, found `{text[:40]}`.")


def shown(raw: Any, schema: AttributeSchema, locale: str) -> str:
    """The value as readers of the locale write it, with its unit."""
    if isinstance(raw, bool):
        return word("yes" if raw else "no", locale)
    if schema.type in ("choice", "choices"):
        keys = raw if isinstance(raw, list) else [raw]
        return ", ".join(localized(schema.choices[key], locale, key) for key in keys)
    text = ", ".join(raw) if isinstance(raw, list) else _plain(raw)
    if isinstance(raw, int | float):
        text = number_text(raw, locale)
    return f"{text} {schema.unit_in(locale)}".rstrip()


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    return " ".join(str(value).split())


def facts_section(
    title: str, fields: ProductFields, facts: tuple[Fact, ...], locale: str, anchor: str
) -> Section | None:
    """A section whose every block answers on its own: "City 3 – Gewicht: 23,4 kg"."""
    lines = []
    if fields.price is not None:
        price = price_text(fields.price, fields.currency, locale)
        lines.append((word("price", locale), price))
    if fields.sku:
        lines.append((word("sku", locale), fields.sku))
    lines += [(fact.label, fact.value) for fact in facts if fact.value]
    for key, values in (("suitable_for", fields.suitable_for), ("not_for", fields.not_for)):
        if values:
            lines.append((word(key, locale), "; ".join(values)))
    if not lines:
        return None
    blocks = (
        Block(BlockKind.FACT, visible(f"{title} – {label}: {value}"), 1) for label, value in lines
    )
    return Section(word("facts", locale), anchor, 2, tuple(blocks))
