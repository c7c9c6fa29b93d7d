"""The wording that customers stumble over: data files read once, and found in lower-case text."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from kb.tone import HOUSE_STYLE, Phrase

EVERYWHERE, STEPS, LINKS, NO_REASON = "everywhere", "steps", "links", "without a reason"

# A space, except where only one length is allowed: in a look behind.
_SPACE = re.compile(r"(?P<behind>\(\?<[!=][^)]*\))| ")


@dataclass(frozen=True, slots=True)
class Wording:
    """One thing that is found, and what to say of it."""

    pattern: str
    code: str
    why: str  # completes "These words …"
    better: str  # what to do instead; "" where the words can go
    where: str = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Limits:
    sentence: int  # words
    paragraph: int  # words
    ease: int  # of a whole article


@dataclass(frozen=True, slots=True)
class Language:
    """What the lint knows of one language."""

    wordings: tuple[Wording, ...]
    limits: Limits
    emphatic: frozenset[str]  # words that are shouted, in capitals
    reasons: frozenset[str]  # words that give a reason
    abbreviations: frozenset[str]  # those that need no explanation


class Finder:
    """All wordings of a language and of the site, found in one pass."""

    def __init__(self, locale: str, agreed: Sequence[Phrase]) -> None:
        language = language_of(locale)
        wordings = (*_of_the_site(agreed, locale), *(language.wordings if language else ()))
        self._wordings = [(wording, _whole(wording.pattern)) for wording in wordings]
        # One pattern for all, and which it was only where it hits: 14 times as fast as one by one.
        self._any = _whole("|".join(f"(?:{wording.pattern})" for wording in wordings) or "(?!)")

    def find(self, text: str) -> Iterator[tuple[Wording, tuple[int, int]]]:
        """Each wording with where it begins and ends; where several fit, the first of the file."""
        text = lowered(text)
        for place in self._any.finditer(text):
            matches = ((w, pattern.match(text, place.start())) for w, pattern in self._wordings)
            yield next((wording, match.span()) for wording, match in matches if match)


def _whole(pattern: str) -> re.Pattern[str]:
    """The pattern for whole words only, with any white space for each space."""
    spaced = _SPACE.sub(lambda match: match["behind"] or r"\s+", pattern)
    return re.compile(rf"\b(?<!-)(?:{spaced})(?![\w-])")


def lowered(text: str) -> str:
    """In lower case and of the same length: `İ` alone would become two characters."""
    return text.replace("İ", "I").lower()


@lru_cache(maxsize=8)
def language_of(locale: str) -> Language | None:
    """What is known of the locale's language; None where it has no file here."""
    file = Path(__file__).with_name(f"{locale.split('-')[0]}.toml")
    return _language(tomllib.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None


def _language(data: Mapping[str, Any]) -> Language:
    wordings = tuple(
        Wording(pattern, code, table["why"], better, table.get("where", EVERYWHERE))
        for code, table in data.items()
        for pattern, better in table.get("better", {}).items()
    )
    return Language(
        wordings,
        Limits(**data["limits"]),
        frozenset(data["shouting"]["words"].split()),
        frozenset(data["reasons"]["words"].split()),
        frozenset(data["abbreviations"]["known"].split()),
    )


def _of_the_site(phrases: Sequence[Phrase], locale: str) -> tuple[Wording, ...]:
    """What the site's own editors agreed on, for a locale."""
    return tuple(
        Wording(phrase.find, HOUSE_STYLE, phrase.why, phrase.better)
        for phrase in phrases
        if phrase.locale in (locale, locale.split("-")[0])
    )
