"""Text to terms: the one analysis that indexing, queries and highlighting share.

A token is a word as it stands in the text, hyphens, slashes and dots inside it included. It yields
a *word* (normalised, folded, joined: `E-Bike` -> `ebike`, `Größe` -> `groesse`), the words of its
*pieces* (`ab`, `1200`, `x`), and a *term*, the word's stem.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby, pairwise
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
_TOKEN = re.compile(
    rf"{_LETTER}(?:{_LETTER}|[-‐‑–./'’_+](?=[^\W_])|(?<=\d),(?=\d)|[:*](?=in(?:nen)?\b))*"
)
_MARKS = re.compile(r"[-‐‑–./'’_+,:*]")
# Pieces also part where digits meet letters, so that `25km/h` and `25 km/h` share theirs.
_PIECE = re.compile(rf"\d+|(?:(?!\d){_LETTER})+")
_NUMBER = re.compile(r"\d[\d.,'’]*")
# A number read as both conventions write it: thousands in threes, then perhaps a fraction.
_GROUPED = re.compile(r"([1-9]\d{0,2}(?:[.,'’]\d{3})+|\d+)(?:[.,](\d+))?")
# `Kund:innen`, `Kund*innen`, `Kund_innen`, `Kund/innen`, `KundInnen`; `Kund:in`.
_GENDERED = re.compile(r"(?<=[^\W\d_])(?:[:*_/]in(?:nen)?|Innen)$")
# A hyphen at a word's end or start that stands for a part of another: `Vorder- und Hinterrad`.
_HYPHENS = ("-", "‐", "‑")
_CUT_SHORT = re.compile(r"[-‐‑](?:(?<=\w.)(?=[\s,/])|(?<=\s.)(?=\w))")
_LISTING = frozenset({"und", "oder", "sowie", "bzw", "and", "or"})
_SHORTEST_CUT = 3  # letters of the part that is left out
_LONGEST_LIST = 12  # words from the one cut short to the whole one
# What German verbs leave at the end of their clause: `gebe … zurück`, `melde … an`.
_PARTICLES = frozenset(
    """ab an auf aus bei durch ein fest fort frei her heraus herunter hin hinaus hinein hinzu hoch
    los mit nach raus rein runter statt teil um unter vor vorbei weg weiter wieder zu zurueck
    zurück zusammen""".split()
)
_CONJUNCTIONS = frozenset("und oder aber wenn weil dass ob bevor sondern denn".split())
_CLAUSE_END = re.compile(r"[,;:.!?()–—\n]")
_FINITE = re.compile(r"\w{3,}(?:e|t|n)(?<!nde)(?<!nden)")
_IMPERATIVE = 7  # letters of the longest one said to friends (`Schalte`); compounds have more
# Written out as German does on keyboards without umlauts; others lose their accents.
FOLDED = str.maketrans(
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
    # Normalised parts between marks, or all that an incomplete word may be in full, which is
    # longer than the word; empty for a plain word.
    pieces: tuple[str, ...]


def tokens(text: str) -> Iterator[Token]:
    """The words of a text in order, with their offsets.

    The pieces of an incomplete word are what it may be in full; which of them are words, the
    content knows: `Vorder-` before `Hinterrad`, `gebe` in `gebe es zurück`.
    """
    found = list(_tokens(text))
    in_full = dict(_separated(text, found))
    if _CUT_SHORT.search(text):
        in_full.update(_cut_short(text, found))
    for place, pieces in in_full.items():
        found[place] = found[place]._replace(pieces=pieces)
    return iter(found)


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        raw = match[0]
        if len(raw) <= MAX_TOKEN:
            start, end = match.span()
            if raw.isalpha() and "Inn" not in raw:
                yield Token(start, end, normalise(raw), ())
            else:
                yield Token(start, end, *_read(raw))
            continue
        for part in _PIECE.finditer(text, match.start(), match.end()):
            if len(part.group()) <= MAX_TOKEN:
                yield Token(part.start(), part.end(), normalise(part.group()), ())


def _read(raw: str) -> tuple[str, tuple[str, ...]]:
    """The word and the pieces of a token with marks, digits or capitals inside."""
    if number := _NUMBER.match(raw):
        value, unit = _number(number[0]), raw[number.end() :]
        if not unit:
            return value, ()
        if unit[0].isalpha():
            pieces = (value, *map(normalise, _PIECE.findall(unit)))
            return value + normalise(_MARKS.sub("", unit)), pieces
    joined = normalise(_MARKS.sub("", raw))
    if gendered := _GENDERED.search(raw):
        return normalise(_MARKS.sub("", raw[: gendered.start()])), (joined,)
    found = tuple(map(normalise, _PIECE.findall(raw)))
    return joined, found if len(found) > 1 else ()


def _number(raw: str) -> str:
    """A number in one spelling: `1.000` -> `1000`, `3,50` -> `3.5`; dates lose their marks."""
    match = _GROUPED.fullmatch(raw)
    if not match:
        return _MARKS.sub("", raw)
    whole, fraction = _MARKS.sub("", match[1]), (match[2] or "").rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


Pieces = Iterator[tuple[int, tuple[str, ...]]]  # of tokens, by their place


def _separated(text: str, found: Sequence[Token]) -> Pieces:
    """What may be verbs whose particle ends their clause, with the verbs in full."""
    particles = [place for place, token in enumerate(found) if token.word in _PARTICLES]
    for end in particles:
        if _divides(text, found, end + 1):
            for place in range(end - 1, -1, -1):
                is_first = _divides(text, found, place) or found[place - 1].word in _CONJUNCTIONS
                if _may_be_verb(text, found, place, is_first):
                    yield place, (found[end].word + found[place].word,)
                if is_first:
                    break


def _divides(text: str, found: Sequence[Token], place: int) -> bool:
    """Whether a clause ends before this token."""
    if place in (0, len(found)) or found[place].word in _CONJUNCTIONS:
        return True
    return bool(_CLAUSE_END.search(text, found[place - 1].end, found[place].start))


def _may_be_verb(text: str, found: Sequence[Token], place: int, is_first: bool) -> bool:
    """By ending and small letter, which nouns lack; what comes first may be an imperative."""
    token = found[place]
    if token.pieces:
        return False
    if is_first and text[token.start].isupper():
        return len(token.word) <= _IMPERATIVE or found[place + 1].word == "sie"
    is_small = text[token.start].islower()
    return is_small and (is_first or bool(_FINITE.fullmatch(token.word)))


def _cut_short(text: str, found: Sequence[Token]) -> Pieces:
    """Words with a hyphen at their end or start, with what they may be in full."""
    for place, token in enumerate(found):
        if token.pieces:
            continue
        if text.startswith(_HYPHENS, token.end):
            yield place, _with_end(token.word, _named_after(text, found, place))
        elif token.start and text.startswith(_HYPHENS, token.start - 1):
            yield place, _with_start(_named_before(text, found, place), token.word)


def _named_after(text: str, found: Sequence[Token], place: int) -> str:
    """The first whole word of the list in which a word is cut short; "" when it is in none."""
    for left, right in pairwise(found[place : place + _LONGEST_LIST]):
        if right.word in _LISTING:
            continue
        if left.word not in _LISTING and not _lists(text, left, right):
            return ""
        if not text.startswith(_HYPHENS, right.end):
            return right.word
    return ""


def _named_before(text: str, found: Sequence[Token], place: int) -> str:
    """The word whose start a word is listed without; "" when it is in no list."""
    listed = found[max(place - 2, 0) : place + 1]
    if len(listed) == 3 and listed[1].word in _LISTING:
        return listed[0].word
    return listed[-2].word if len(listed) > 1 and _lists(text, *listed[-2:]) else ""


def _lists(text: str, left: Token, right: Token) -> bool:
    return any(mark in text[left.end : right.start] for mark in ",/&")


def _with_end(word: str, full: str) -> tuple[str, ...]:
    ends = (full[cut:] for cut in range(2, len(full) - _SHORTEST_CUT + 1))
    return tuple(word + end for end in ends if full.isalpha())


def _with_start(full: str, word: str) -> tuple[str, ...]:
    starts = (full[:cut] for cut in range(_SHORTEST_CUT, len(full) - 1))
    return tuple(start + word for start in starts if full.isalpha())


@lru_cache(maxsize=100_000)
def normalise(word: str) -> str:
    """Compatibility forms, case, umlauts and accents made one: `GRÖSSE`, `Größe` -> `groesse`."""
    plain = unicodedata.normalize("NFKC", word).casefold().translate(FOLDED)
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

    def terms(self, words: Sequence[str]) -> list[str]:
        """The stems of many words, without keeping them in memory."""
        if self._algorithm is None:
            return list(words)
        stems: list[str] = Stemmer.Stemmer(self._algorithm, 0).stemWords(words)
        return stems

    def telling(self, found: Iterable[Token]) -> list[Token]:
        """The words without those too common to tell anything, unless there are no others."""
        every = list(found)
        return [token for token in every if not self.is_stop(token.word)] or every

    def is_telling(self, text: str) -> bool:
        """Whether a text holds a word that is not too common to tell anything."""
        return any(not self.is_stop(token.word) for token in tokens(text))

    def is_stop(self, word: str) -> bool:
        """Whether a normalised word is too common in its language to tell anything."""
        return word in self._stop


@lru_cache(maxsize=16)
def analyzer(locale: str) -> Analyzer:
    """The analyzer of a locale; unknown languages are split into words but not stemmed."""
    return Analyzer(locale)
