"""Which language a page speaks, and how it writes dates, prices and shares."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import cast

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_time
from babel.numbers import format_decimal, format_percent
from flask import Flask, g, request
from flask_babel import Babel, get_locale
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import BadRequest

from kb.numbers import price_text
from kb.site import Site

TRANSLATIONS = Path(__file__).parent / "translations"
# Languages of the user interface. A site in another language reads English around its articles.
UI_LOCALES = tuple(sorted(folder.name for folder in TRANSLATIONS.iterdir() if folder.is_dir()))

_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_WORLD_ENGLISH = Locale("en", "001")


def speak(app: Flask) -> None:
    """Set up translations and the filters that depend on the language."""
    Babel(app, locale_selector=_selected, default_locale="en")
    app.jinja_env.filters.update(day=_day, price=_price, share=_share)
    app.jinja_env.filters.update(moment=_moment, number=_number)
    app.jinja_env.filters.update(language_name=_language_name, territory=_with_territory)


def best_locale(site: Site, accepted: LanguageAccept) -> str:
    """The site's language a visitor would choose."""
    codes = [site.default_locale, *sorted(site.locales.keys() - {site.default_locale})]
    return accepted.best_match(codes) or site.default_locale


def locale_code(given: str, site: Site) -> str:
    """The locale that a program asked for, the site's default without one.

    Raises BadRequest when it is no code.
    """
    language, *region = (given or site.default_locale).replace("_", "-").split("-")
    locale = "-".join([language.lower(), *map(str.upper, region)])
    if not _LOCALE.fullmatch(locale):
        raise BadRequest(f"{given!r} is no locale code; write de, en or pt-BR.")
    return locale


def locale_with_pages(locale: str, site: Site) -> str:
    """The locale a program asked for, where the site has pages in it; else the site's default."""
    return locale if locale in site.locales else site.default_locale


def ui_language() -> str:
    """Language of the user interface in this request, as HTML names it."""
    return str(get_locale()).replace("_", "-")


def _selected() -> str:
    """The page's language; before it is known, for errors, the visitor's."""
    chosen = g.get("locale") or request.accept_languages.best_match(UI_LOCALES) or "en"
    try:
        Locale.parse(chosen, sep="-")
    except (ValueError, UnknownLocaleError):
        return "en"
    return cast(str, chosen).replace("-", "_")


def _writing() -> Locale:
    """How dates and numbers are written. Plain `en` is for the world: 14 September 2026.

    American writing, September 14, 2026, is what the locale en-US asks for.
    """
    locale: Locale = get_locale()
    return _WORLD_ENGLISH if str(locale) == "en" else locale


def _day(iso: str) -> str:
    """2026-09-14 as people of this language write it."""
    try:
        return format_date(date.fromisoformat(iso), "long", locale=_writing())
    except ValueError:
        return iso


def _moment(when: datetime) -> str:
    """A point in time, in UTC as all records are."""
    day = format_date(when, "medium", locale=_writing())
    return f"{day}, {format_time(when, 'short', locale=_writing())}"


def _number(value: float, digits: int | None = None) -> str:
    """With so many digits behind the point, so that figures of a column can be compared; without,
    with two at most.
    """
    if digits is None:
        return format_decimal(round(value, 2), locale=_writing())
    return format_decimal(value, f"#,##0.{'0' * digits}", locale=_writing())


def _price(amount: float, currency: str) -> str:
    return price_text(amount, currency, str(get_locale()).replace("_", "-"))


def _language_name(code: str) -> str:
    """de in English pages: German."""
    try:
        return Locale.parse(code, sep="-").get_display_name(get_locale()) or code
    except (ValueError, UnknownLocaleError):
        return code


def _with_territory(code: str) -> str:
    """de as other networks write it, with the country where most speak it: de_DE."""
    likely = get_global("likely_subtags").get(code.replace("-", "_"), code)
    language, *rest = likely.replace("-", "_").split("_")
    return "_".join([language, *rest[-1:]])


def _share(fraction: float) -> str:
    return format_percent(fraction, locale=_writing())
