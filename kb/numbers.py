"""Numbers and prices as readers of a locale write them."""

from babel import Locale, UnknownLocaleError
from babel.numbers import UnknownCurrencyError, format_currency, format_decimal


def number_text(value: float, locale: str) -> str:
    """23,4 in German, 23.4 in English."""
    return _spaced(format_decimal(value, locale=_babel(locale)))


def price_text(amount: float, currency: str, locale: str) -> str:
    """2.299 € in German, €2,299 in English; cents only where there are any."""
    babel = _babel(locale)
    pattern = babel.currency_formats["standard"].pattern
    if amount == int(amount):
        pattern = pattern.replace(".00", "")
    try:
        text = format_currency(amount, currency, pattern, locale=babel, currency_digits=False)
    except UnknownCurrencyError:
        text = f"{format_decimal(amount, locale=babel)} {currency}"
    return _spaced(text)


def _babel(locale: str) -> Locale:
    try:
        return Locale.parse(locale, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def _spaced(text: str) -> str:
    """Plain spaces instead of the narrow and non-breaking ones of CLDR: people search for them."""
    return " ".join(text.replace("\u200f", "").split())
