"""Every text of the user interface exists in every language, and what runs is what was written."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

WEB = Path(__file__).parent.parent / "web"
LOCALES = sorted(path.name for path in (WEB / "translations").iterdir() if path.is_dir())


def catalog(locale: str) -> Catalog:
    path = WEB / "translations" / locale / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as stream:
        return read_po(stream, locale=locale)


def texts_in_templates() -> set[str]:
    kinds = ("templates/**.html", "templates/**.js", "templates/**.md", "templates/**.txt")
    methods = [(kind, "jinja2") for kind in kinds]
    found = extract_from_dir(WEB, methods, {kind: {} for kind in kinds})
    return {forms(text)[0] for _, _, text, _, _ in found}


def test_german_and_english_are_there() -> None:
    assert LOCALES == ["de", "en"]


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_is_missing_or_left_over(locale: str) -> None:
    known = catalog(locale)
    assert {forms(message.id)[0] for message in known if message.id} == texts_in_templates()
    for message in known:
        translated = all(forms(message.string))
        assert not message.id or translated, f"{locale}: {message.id} is not translated"
        assert not message.id or not message.fuzzy, f"{locale}: {message.id} is fuzzy"


@pytest.mark.parametrize("locale", LOCALES)
def test_placeholders_survive_translation(locale: str) -> None:
    for message in catalog(locale):
        if message.id and message.python_format:
            assert not list(message.check(catalog(locale))), message.id


@pytest.mark.parametrize("locale", LOCALES)
def test_compiled_texts_are_current(locale: str) -> None:
    path = WEB / "translations" / locale / "LC_MESSAGES" / "messages.mo"
    with path.open("rb") as stream:
        compiled = texts(read_mo(stream))
    assert compiled == texts(catalog(locale)), "run `pybabel compile -d web/translations`"


def texts(known: Catalog) -> dict[str, list[str]]:
    """Translations by message, singular and plural forms together."""
    return {"|".join(forms(m.id)): forms(m.string) for m in known if m.id}


def forms(text: str | list[str] | tuple[str, ...]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)
