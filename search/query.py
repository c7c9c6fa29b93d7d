"""A question as the keyword index sees it: words, each with the ways to find it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from kb.text import visible
from search.analysis import Token, tokens
from search.keyword import Alternative, Row
from search.locale_index import LocaleIndex

# Words of a question that are looked up; what comes later rarely changes the ranking.
MAX_WORDS = 40

# What a way to find a word is worth beside the word itself. The whole word always weighs more.
_PIECES = 0.8  # `S-Pedelec` by `s` and `pedelec`
_PARTS = 0.7  # `Rechnungsadresse` by `Rechnung` and `Adresse`
_SYNONYM = 0.8
_JOINED = 1.0  # `e bike` by `ebike`


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
    joined = _joined(found, index)
    return [_looked_up(token, index, joined) for token in index.analyzer.telling(found)]


def _looked_up(token: Token, index: LocaleIndex, joined: dict[int, str]) -> QueryWord:
    alternatives = _alternatives(token, index, joined)
    row = index.keyword.match(alternatives)
    information = math.log((index.passages + 1) / (len(row[0]) + 0.5))
    is_written = bool(len(index.keyword.row(index.analyzer.term(token.word))[0]))
    return QueryWord(token, alternatives, row, is_written, information)


def _alternatives(
    token: Token, index: LocaleIndex, joined: dict[int, str]
) -> tuple[Alternative, ...]:
    term = index.analyzer.term
    ways = [Alternative((term(token.word),), 1.0)]
    if token.pieces:
        ways.append(Alternative(tuple(map(term, token.pieces)), _PIECES))
    elif index.decompounder and (parts := index.decompounder.split(token.word)):
        ways.append(Alternative(tuple(map(term, parts)), _PARTS))
    if token.start in joined:
        ways.append(Alternative((term(joined[token.start]),), _JOINED))
    for synonym in index.synonyms.get(term(token.word), ()):
        ways.append(Alternative(synonym, _SYNONYM))
    return tuple(ways)


def _joined(found: Sequence[Token], index: LocaleIndex) -> dict[int, str]:
    """Neighbours that the content writes as one word (`e bike`), by the start of each."""
    joined: dict[int, str] = {}
    for left, right in zip(found, found[1:], strict=False):
        word = left.word + right.word
        if index.vocabulary.frequency(word):
            joined[left.start] = joined[right.start] = word
    return joined
