"""Text in many languages: one value per locale, what of it can be seen, where sentences end."""

import re
import unicodedata
from collections.abc import Mapping

import sentencex

LocalizedText = Mapping[str, str]

# Zero-width characters, soft hyphens and direction marks: invisible, and never part of a word.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


def localized(texts: LocalizedText, locale: str, default: str = "") -> str:
    """The text in `locale`, else in any language the editors wrote, else `default`."""
    if locale in texts:
        return texts[locale]
    return next(iter(texts.values()), default)


def visible(text: str) -> str:
    """Composed characters (NFC), without those that take no room on screen.

    Pages and questions both pass it, so that equal words are equal strings.
    """
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text))


def storable(text: str) -> str:
    """Composed characters (NFC); a space for each control character and each half of a character,
    which not every database keeps."""
    kept = (" " if unicodedata.category(one) in ("Cc", "Cs") else one for one in text)
    return unicodedata.normalize("NFC", "".join(kept))


def one_line(text: str) -> str:
    """The same on one line, its white space folded."""
    return " ".join(storable(text).split())


def sentences(text: str, locale: str) -> list[str]:
    """The sentences of a text in order, without the white space between them."""
    parts = sentencex.segment(locale.split("-")[0], text)
    return [stripped for part in parts if (stripped := part.strip())]
