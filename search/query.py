"""A question as the keyword index sees it: words, each with the ways to find it."""

from collections.abc import Sequence
from dataclasses import dataclass

from search.analysis import Token, tokens, visible
from search.keyword import Alternative
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
    token: Token
    alternatives: tuple[Alternative, ...]


def normalise_query(text: str) -> str:
    """The question with composed characters, without invisible ones, white space folded."""
    return " ".join(visible(text).split())


def query_words(text: str, index: LocaleIndex) -> list[QueryWord]:
    """The words of a normalised question that tell something, each with its alternatives.

    Words too common in the language are left out unless the question has no others.
    """
    found = list(tokens(text))[:MAX_WORDS]
    telling = [t for t in found if not index.analyzer.is_stop(t.word)] or found
    joined = _joined(found, index)
    return [QueryWord(token, _alternatives(token, index, joined)) for token in telling]


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
