"""Text to terms: the one analysis that indexing, queries and highlighting share.

A token is a word as it stands in the text, hyphens, slashes and dots inside it included. It yields
a *word* (normalised, folded, joined: `E-Bike` -> `ebike`, `Größe` -> `groesse`), the words of its
*pieces* (`ab`, `1200`, `x`), and a *term*, the word's stem.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import Stemmer
from whoosh.lang.stopwords import stoplists

# Letters and digits of any script, joined by a single mark of the kind that product codes,
# compounds and elisions use. Combining marks belong to the letter before them.
_TOKEN = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f]|[-‐‑–./'’_+](?=[^\W_])|(?<=\d),(?=\d))*")
_MARKS = re.compile(r"[-‐‑–./'’_+,]")
# Pieces also part where digits meet letters, so that `25km/h` and `25 km/h` share theirs.
_PIECE = re.compile(r"\d+|[^\W\d_\u0300-\u036f](?:[^\W\d_]|[\u0300-\u036f])*")
_NUMBER = re.compile(r"[\d.,]+")
# Zero-width characters, soft hyphens and direction marks: invisible, and never part of a word.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")

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

MAX_TOKEN = 64  # characters; longer runs are data, not words


@dataclass(frozen=True, slots=True)
class Token:
    start: int  # offsets in the analysed text
    end: int
    word: str  # normalised and joined
    pieces: tuple[str, ...]  # normalised parts between marks; empty for a plain word


def visible(text: str) -> str:
    """Composed characters (NFC), without those that take no room on screen."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text))


def tokens(text: str) -> Iterator[Token]:
    """The words of a text in order, with their offsets."""
    for match in _TOKEN.finditer(text):
        raw = match.group()
        if len(raw) > MAX_TOKEN:
            continue
        word = normalise(_MARKS.sub("", raw))
        yield Token(match.start(), match.end(), word, _pieces(raw))


def _pieces(raw: str) -> tuple[str, ...]:
    """What a joined token is made of; a number with separators is one piece, so it has none."""
    if raw.isalpha() or _NUMBER.fullmatch(raw):
        return ()
    found = tuple(map(normalise, _PIECE.findall(raw)))
    return found if len(found) > 1 else ()


@lru_cache(maxsize=100_000)
def normalise(word: str) -> str:
    """Compatibility forms, case, umlauts and accents made one: `GRÖSSE`, `Größe` -> `groesse`."""
    plain = unicodedata.normalize("NFKC", word).casefold().translate(_FOLDED)
    if plain.isascii():
        return plain
    split = unicodedata.normalize("NFD", plain)
    bare = "".join(c for c in split if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare)


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

    def is_stop(self, word: str) -> bool:
        """Whether a normalised word is too common in its language to tell anything."""
        return word in self._stop


@lru_cache(maxsize=16)
def analyzer(locale: str) -> Analyzer:
    """The analyzer of a locale; unknown languages are split into words but not stemmed."""
    return Analyzer(locale)
