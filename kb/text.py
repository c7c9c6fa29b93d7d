"""Text in many languages: one value per locale, and where its sentences end."""

from collections.abc import Mapping

import sentencex

LocalizedText = Mapping[str, str]


def localized(texts: LocalizedText, locale: str, default: str = "") -> str:
    """The text in `locale`, else in any language the editors wrote, else `default`."""
    if locale in texts:
        return texts[locale]
    return next(iter(texts.values()), default)


def sentences(text: str, locale: str) -> list[str]:
    """The sentences of a text in order, without the white space between them."""
    parts = sentencex.segment(locale.split("-")[0], text)
    return [stripped for part in parts if (stripped := part.strip())]
