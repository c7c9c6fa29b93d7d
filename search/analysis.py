"""Text to terms: the one analysis that indexing, queries and highlighting share.

A token is a word as it stands in the text, hyphens, slashes and dots inside it included. It yields
a *word* (normalised, folded, joined: `E-Bike` -> `ebike`, `Größe` -> `groesse`), the words of its
*pieces* (`ab`, `1200`, `x`), and a *term*, the word's stem.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import Stemmer
from whoosh.lang.stopwords import stoplists


def _combining() -> str:
    """Character class of the marks that change the letter before them, in all living scripts."""
    marks = [n for n in range(0x300, 0x10000) if unicodedata.category(chr(n)) in ("Mn", "Mc")]
    runs = groupby(enumerate(marks), key=lambda pair: pair[1] - pair[0])
    spans = [[n for _, n in run] for _, run in runs]
    return "".join(f"{chr(span[0])}-{chr(span[-1])}" for span in spans)


# Letters and digits of any script, joined by a single mark of the kind that product codes,
# compounds and elisions use. Combining marks belong to the letter before them.
_LETTER = rf"[^\W_][{_combining()}]*"
_TOKEN = re.compile(rf"{_LETTER}(?:{_LETTER}|[-‐‑–./'’_+](?=[^\W_])|(?<=\d),(?=\d))*")
_MARKS = re.compile(r"[-‐‑–./'’_+,]")
# Pieces also part where digits meet letters, so that `25km/h` and `25 km/h` share theirs.
_PIECE = re.compile(rf"\d+|(?:(?!\d){_LETTER})+")
_NUMBER = re.compile(r"[\d.,]+")
# Written out as German does on keyboards without umlauts; others lose their accents.
_FOLDED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "œ": "oe"}
)

# Snowball's name of the algorithm for each language it knows.
_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french",
    "hu": "hungarian", "it": "italian", "lt": "lithuanian", "nl": "dutch", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "tr": "turkish",
}  # fmt: skip

MAX_TOKEN = 64  # characters; longer runs are data, or lists without spaces

# Scripts whose letters are the same word without their accents; in others marks are vowels.
_ACCENTED = ("LATIN", "GREEK", "CYRILLIC")


class Token(NamedTuple):  # made by the thousand for every question; a data class costs twice
    start: int  # offsets in the analysed text
    end: int
    word: str  # normalised and joined
    pieces: tuple[str, ...]  # normalised parts between marks; empty for a plain word


def tokens(text: str) -> Iterator[Token]:
    """The words of a text in order, with their offsets."""
    for match in _TOKEN.finditer(text):
        raw = match[0]
        if len(raw) <= MAX_TOKEN:
            start, end = match.span()
            if raw.isalpha():
                yield Token(start, end, normalise(raw), ())
            else:
                yield Token(start, end, normalise(_MARKS.sub("", raw)), _pieces(raw))
            continue
        for part in _PIECE.finditer(text, match.start(), match.end()):
            if len(part.group()) <= MAX_TOKEN:
                yield Token(part.start(), part.end(), normalise(part.group()), ())


def _pieces(raw: str) -> tuple[str, ...]:
    """What a joined token is made of; a number with separators is one piece, so it has none."""
    if _NUMBER.fullmatch(raw):
        return ()
    found = tuple(map(normalise, _PIECE.findall(raw)))
    return found if len(found) > 1 else ()


@lru_cache(maxsize=100_000)
def normalise(word: str) -> str:
    """Compatibility forms, case, umlauts and accents made one: `GRÖSSE`, `Größe` -> `groesse`."""
    plain = unicodedata.normalize("NFKC", word).casefold().translate(_FOLDED)
    if plain.isascii():
        return plain
    return unicodedata.normalize("NFC", "".join(_without_accents(plain)))


def _without_accents(text: str) -> Iterator[str]:
    accented = False
    for character in unicodedata.normalize("NFD", text):
        if not unicodedata.combining(character):
            accented = unicodedata.name(character, "").startswith(_ACCENTED)
        elif accented:
            continue
        yield character


class Analyzer:
    """Stemming and stop words of one language. Safe to share between threads."""

    def __init__(self, locale: str) -> None:
        language = locale.split("-")[0]
        self.locale = locale
        self._algorithm = _STEMMERS.get(language)
        listed = stoplists.get(language, frozenset())
        self._stop = frozenset(normalise(word) for word in listed)
        self.term = lru_cache(maxsize=200_000)(self._term)

    def _term(self, word: str) -> str:
        """The stem of a normalised word; words with digits are codes and stay as they are."""
        if self._algorithm is None or any(c.isdigit() for c in word):
            return word
        # A stemmer object is not safe to share between threads; making one costs a microsecond
        # or two and happens once a word.
        stem: str = Stemmer.Stemmer(self._algorithm, 0).stemWord(word)
        return stem

    def telling(self, found: Iterable[Token]) -> list[Token]:
        """The words without those too common to tell anything, unless there are no others."""
        every = list(found)
        return [token for token in every if not self.is_stop(token.word)] or every

    def is_stop(self, word: str) -> bool:
        """Whether a normalised word is too common in its language to tell anything."""
        return word in self._stop


@lru_cache(maxsize=16)
def analyzer(locale: str) -> Analyzer:
    """The analyzer of a locale; unknown languages are split into words but not stemmed."""
    return Analyzer(locale)
