"""Front matter checked against the model: typed fields, or one readable sentence for each fault."""

import difflib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from indexer.front_matter import Place
from indexer.parsed import Finding
from indexer.slugs import slugify
from kb.documents import Kind
from kb.front_matter import CURRENCY_PATTERN, MAX_SUMMARY, ArticleFields, ProductFields
from kb.problems import Severity

# Keys other publishing tools write for what is called differently here.
SYNONYMS = {"description": "summary"}
_HIDING = {"draft": "true", "published": "false"}  # both mean `status: draft`

_MANY_KEYS = 100  # unknown ones told per file; a file with more is none of ours

_HIDDEN = frozenset({"draft", "internal", "archived"})

_MODELS: dict[Kind, type[ArticleFields]] = {
    Kind.ARTICLE: ArticleFields,
    Kind.PRODUCT: ProductFields,
}


def validate(
    fields: Mapping[str, Any], places: Mapping[str, Place], kind: Kind
) -> tuple[ArticleFields | None, list[Finding]]:
    """The typed fields, None when one of them is wrong; and everything there is to say."""
    model = _MODELS[kind]
    given = {key: value for key, value in fields.items() if value is not None}
    findings = list(_unknown_keys(given, places, model))
    _translate(given)
    try:
        return model.model_validate(given), findings
    except ValidationError as error:
        findings.extend(_readable(error, places))
        return None, findings


def _translate(given: dict[str, Any]) -> None:
    """Fill our fields from other tools' keys, where ours are not given."""
    for theirs, ours in SYNONYMS.items():
        if isinstance(given.get(theirs), str):
            given.setdefault(ours, given[theirs][:MAX_SUMMARY])
    if any(_means(given.get(key), value) for key, value in _HIDING.items()):
        given.setdefault("status", "draft")


def _means(value: Any, truth: str) -> bool:
    return (
        isinstance(value, str)
        and {"yes": "true", "no": "false"}.get(value.lower(), value.lower()) == truth
    )


def _unknown_keys(
    given: Mapping[str, Any], places: Mapping[str, Place], model: type[ArticleFields]
) -> Iterator[Finding]:
    known = [*model.model_fields]
    strange = [key for key in given if key not in {*known, *SYNONYMS, *_HIDING}]
    for key in strange[:_MANY_KEYS]:
        near = _nearest_key(key, tuple(known))
        if near:
            advice = f"did you mean `{near}`?"
        elif key in ProductFields.model_fields:
            advice = "only products have it."
        else:
            advice = "it is not used; remove it or see the list of fields in docs/writing.md."
        severity = Severity.ERROR if _would_leak(key, near, given[key]) else Severity.WARNING
        message = f"Unknown field {_described(key)}: {advice}"
        yield Finding(*places.get(key, (2, 1)), "unknown-key", message, severity)


def _would_leak(key: str, near: str, value: Any) -> bool:
    """Whether a slip in the field's name would publish what was meant to stay unseen."""
    plain = re.sub(r"[\W_]", "", key.lower())
    return (near == "status" and str(value).lower() in _HIDDEN) or plain == "publishat"


@lru_cache(maxsize=1024)  # foreign files carry the same few keys thousands of times
def _nearest_key(key: str, known: tuple[str, ...]) -> str:
    return next(iter(difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.75)), "")


def _readable(error: ValidationError, places: Mapping[str, Place]) -> Iterator[Finding]:
    """One sentence per wrong value; a field that could be two types is reported once."""
    seen = set()
    for detail in error.errors(include_url=False):
        path = _path(detail["loc"], places)
        if path not in seen:
            seen.add(path)
            message = f"{path}: {_sentence(detail)}"
            yield Finding(*_nearest(path, places), "invalid-field", message)


def _path(location: tuple[int | str, ...], places: Mapping[str, Place]) -> str:
    """The longest part of pydantic's location that stands in the file."""
    parts = [str(part) for part in location]
    while len(parts) > 1 and ".".join(parts) not in places:
        parts.pop()
    return ".".join(parts)


def _nearest(path: str, places: Mapping[str, Place]) -> Place:
    for theirs, ours in SYNONYMS.items():
        if path == ours and ours not in places:
            path = theirs
    return places.get(path, (2, 1))


def _sentence(detail: Any) -> str:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    found = f"found {_described(value)}."
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, {found}"
    if kind == "missing":
        return f"`{detail['loc'][-1]}` is missing."
    if kind == "extra_forbidden":
        return "this field is not known here; remove it."
    if kind == "string_too_long":
        return f"at most {context['max_length']} characters, found {len(value)}."
    if kind == "string_too_short":
        return "expected text, found nothing."
    if kind == "literal_error":
        return f"expected {context['expected'].replace(chr(39), '`')}, {found}"
    if kind == "string_pattern_mismatch":
        return _pattern_sentence(context["pattern"], value, found)
    return f"{detail['msg']}, {found}"


def _pattern_sentence(pattern: str, value: str, found: str) -> str:
    if pattern == CURRENCY_PATTERN:
        return f"expected three capital letters such as `EUR`, {found}"
    return f"expected lower-case letters, digits and hyphens such as `{slugify(value)}`, {found}"


_EXPECTED = {
    "string_type": "text",
    "tuple_type": "a list",
    "list_type": "a list",
    **dict.fromkeys(("dict_type", "model_type"), "fields below it (`name: value`)"),
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number with a point, such as 23.4",
    "float_type": "a number",
    "finite_number": "a number",
    "greater_than": "a number above 0",
    "greater_than_equal": "a number from 0 on",
    **dict.fromkeys(
        (
            "date_type",
            "date_parsing",
            "date_from_datetime_parsing",
            "date_from_datetime_inexact",
            "datetime_type",
            "datetime_parsing",
            "datetime_from_date_parsing",
        ),
        "a date such as 2026-05-31",
    ),
}


def _described(value: Any) -> str:
    if isinstance(value, dict):
        return "fields"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    text = str(value)
    return f"`{text[:40]}…`" if len(text) > 40 else f"`{text}`"
