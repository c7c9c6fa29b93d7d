"""A question as the keyword index sees it: words, each with the ways to find it."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise

from kb.text import visible
from search.analysis import Token, tokens
from search.compounds import LINKS, MIN_PART, SHORTEST_END
from search.keyword import Alternative, Row
from search.locale_index import LocaleIndex

# Words of a question that are looked up; what comes later rarely changes the ranking.
MAX_WORDS = 40

# What a way to find a word is worth beside the word itself. The whole word always weighs more.
_JOINED = 1.0  # `e bike` by `ebike`
_IN_FULL = 1.0  # `gebe … zurück` by `zurückgeben`
_BARE = 0.8  # … and by `geben`, where the content knows the other
_COMPOUND = 0.9  # `Adresse der Rechnung` by `Rechnungsadresse`
_INFLECTED = 0.5  # `lädt` by `geladen`; the curve is flat from .4 to .7
_PIECES = 0.8  # `S-Pedelec` by `s` and `pedelec`
_PARTS = 0.7  # `Rechnungsadresse` by `Rechnung` and `Adresse`
_SYNONYM = 0.8
_CORRECTED = 0.5  # `Liferung` by `Lieferung`

_SHORT = 3  # letters of a word that is joined with both its neighbours: `usb c kabel`
# What a word loses at the start of a compound: `Adresse` in `Adresswechsel`, `des Helms`.
_ENDING = re.compile(r"(?<=\w{4})(?:e[sn]?|s|n)$")
# `gedownloadet`, `abgecancelt`: the stem of a participle that no dictionary knows.
_PARTICIPLE = re.compile(r"(\w{2,}?)?ge(\w{4,}?)e?[tn]")


# What a word is part of, by where it starts: the word they make together, and what that is worth.
Joined = dict[int, tuple[str, float]]


@dataclass(frozen=True, slots=True)
class QueryWord:
    """A word of a question, looked up in one language."""

    token: Token
    alternatives: tuple[Alternative, ...]
    row: Row  # the passages where one of the alternatives is found, with scores
    is_written: bool  # whether the word itself occurs, not only its pieces or synonyms
    information: float  # the rarer, the more: logarithm of its inverse passage frequency

    @property
    def is_known(self) -> bool:
        return bool(len(self.row[0]))

    @property
    def is_code(self) -> bool:
        """Whether it names one thing, as product numbers and error codes do (not `25km/h`)."""
        word = self.token.word
        return word[:1].isalpha() and any(character.isdigit() for character in word)


def normalise_query(text: str) -> str:
    """The question with composed characters, without invisible ones, white space folded."""
    return " ".join(visible(text).split())


def query_words(text: str, index: LocaleIndex) -> list[QueryWord]:
    """The words of a normalised question that tell something, each with its alternatives.

    Words too common in the language are left out unless the question has no others.
    """
    found = list(islice(tokens(text), MAX_WORDS))
    telling = index.analyzer.telling(found)
    joined = _compounds(telling, index) | _joined(found, index)
    return [_looked_up(token, index, joined) for token in telling]


def _looked_up(token: Token, index: LocaleIndex, joined: Joined) -> QueryWord:
    alternatives = tuple(_alternatives(token, index, joined))
    row = index.keyword.match(alternatives)
    if not len(row[0]):
        alternatives += tuple(_guesses(token.word, index))
        row = index.keyword.match(alternatives)
    information = math.log((index.passages + 1) / (len(row[0]) + 0.5))
    is_written = bool(len(index.keyword.row(index.analyzer.term(token.word))[0]))
    return QueryWord(token, alternatives, row, is_written, information)


def _alternatives(token: Token, index: LocaleIndex, joined: Joined) -> Iterator[Alternative]:
    in_full = list(_in_full(token, index))
    is_verb = in_full and token.pieces[0].endswith(token.word) and _finds(in_full, index)
    yield from _forms(token.word, index, _BARE if is_verb else 1.0)
    yield from in_full
    if token.pieces and not in_full:
        yield Alternative(tuple(map(index.analyzer.term, token.pieces)), _PIECES)
    else:
        yield from _by_parts(token.word, index, _PARTS)
    if token.start in joined:
        word, weight = joined[token.start]
        yield from _forms(word, index, weight)
    for synonym in index.synonyms.get(index.analyzer.term(token.word), ()):
        yield Alternative(synonym, _SYNONYM)


def _forms(word: str, index: LocaleIndex, weight: float = 1.0) -> Iterator[Alternative]:
    """A word, and its forms with another stem."""
    stem = index.analyzer.term(word)
    yield Alternative((stem,), weight)
    for other in index.vocabulary.inflections(word, stem):
        yield Alternative((other,), weight * _INFLECTED)


def _in_full(token: Token, index: LocaleIndex) -> Iterator[Alternative]:
    """What an incomplete word may be."""
    for piece in token.pieces:
        if len(piece) > len(token.word):
            yield from _forms(piece, index, _IN_FULL)


def _by_parts(word: str, index: LocaleIndex, weight: float) -> Iterator[Alternative]:
    if index.decompounder:
        for parts in index.decompounder.readings(word):
            yield Alternative(tuple(map(index.analyzer.term, parts)), weight)


def _guesses(word: str, index: LocaleIndex) -> Iterator[Alternative]:
    """What a word that nothing finds may be: a new verb's participle, or a slip of the finger."""
    participle = _PARTICIPLE.fullmatch(word) if _is_german(index) else None
    if participle and not index.vocabulary.is_word(word):
        base = (participle[1] or "") + participle[2]
        yield Alternative((index.analyzer.term(base),), _INFLECTED)
    for token in tokens(index.vocabulary.correction(word) or ""):
        yield Alternative((index.analyzer.term(token.word),), _CORRECTED)
        yield from _by_parts(token.word, index, _PARTS * _CORRECTED)


def _joined(found: Sequence[Token], index: LocaleIndex) -> Joined:
    """Neighbours that the content writes as one word: `e bike`, `usb c kabel`."""
    joined: Joined = {}
    threes = zip(found, found[1:], found[2:], strict=False)
    short = (run for run in threes if len(run[1].word) <= _SHORT)
    for run in chain(pairwise(found), short):
        word = "".join(token.word for token in run)
        if index.vocabulary.stem_frequency(index.analyzer.term(word)):
            joined |= dict.fromkeys((token.start for token in run), (word, _JOINED))
    return joined


def _compounds(telling: Sequence[Token], index: LocaleIndex) -> Joined:
    """Words that are a compound of the content: `Adresse der Rechnung`, `Rechnung Adresse`."""
    joined: Joined = {}
    for left, right in pairwise(telling):
        for head, tail in ((left, right), (right, left)):
            if word := _compound(head.word, tail.word, index):
                joined[left.start] = joined[right.start] = (word, _COMPOUND)
    return joined


def _compound(head: str, tail: str, index: LocaleIndex) -> str | None:
    """The word of the content that is made of two, if there is one."""
    stem = _ENDING.sub("", head)
    if index.decompounder is None or len(stem) < MIN_PART or len(tail) < SHORTEST_END:
        return None
    for word in index.vocabulary.longer(stem):
        rest = word[len(stem) :]
        if tail[:SHORTEST_END] in rest and _is_linked(rest, tail, index):
            return word
    return None


def _is_linked(rest: str, tail: str, index: LocaleIndex) -> bool:
    """Whether the end of a compound is this word, after one of the linking letters."""
    term = index.analyzer.term
    ends = (rest.removeprefix(link) for link in LINKS if rest.startswith(link))
    return any(term(end) == term(tail) for end in ends)


def _finds(ways: Iterable[Alternative], index: LocaleIndex) -> bool:
    return any(len(index.keyword.row(way.terms[0])[0]) for way in ways)


def _is_german(index: LocaleIndex) -> bool:
    return index.locale.split("-")[0] == "de"
