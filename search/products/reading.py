"""A question taken apart into names of products, quantities and phrases with meanings.

Nothing is decided here: a phrase may mean something else for every type of product, and which
meaning holds is seen when the question is understood as one about a type (`understanding.py`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from kb.text import visible
from search.analysis import analyzer
from search.products.phrases import (
    NAME,
    NUMBER,
    LoosePhraseBook,
    Match,
    Meaning,
    PhraseBook,
    Role,
    atoms,
)
from search.products.quantities import Quantities, Quantity, spelled_out
from search.products.words import language

MAX_WORDS = 30  # a longer text tells a story, which no attribute answers


@dataclass(frozen=True, slots=True)
class Item:
    """A word of the question, a whole name of products, or a quantity."""

    word: str  # normalised; NAME or NUMBER for the other two
    quantity: Quantity | None = None
    products: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Question:
    items: tuple[Item, ...]
    matches: tuple[Match, ...]  # the longest first, idioms last
    vague: tuple[Match, ...]  # that ask in words which ask for nothing, such as "how much is"
    names: tuple[Match, ...]  # parts of titles, the longest first


class Lexicon:
    """The phrases of one locale. Filled once, then only read."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self.language = language(locale)
        self._analyzer = analyzer(locale)
        self.term = self._analyzer.term
        self._quantities = Quantities(self.language, locale)
        self._names, self._parts = PhraseBook(self.term), PhraseBook(self.term)
        self._values, self._idioms = PhraseBook(self.term), PhraseBook(self.term)
        self._phrases = LoosePhraseBook(self.term, self.is_filling)
        self._superlatives = LoosePhraseBook(self.language.superlative, self.is_filling)
        self._filling = frozenset(atoms(self.language.filling))
        self._doing = frozenset(atoms(self.language.doing))
        self._tying = frozenset(atoms(self.language.tying))
        self._own = frozenset(atoms(self.language.own))
        for idiom in self.language.idioms:
            self._idioms.add(idiom, Meaning(Role.IDIOM))
        for words, role in ((self.language.most, Role.MOST), (self.language.least, Role.LEAST)):
            for word in words.split():
                self.add_superlative(word, Meaning(role))
        for word in self.language.comparing.split():
            self.add_superlative(word, Meaning(Role.COMPARED))
            self.add_superlative(f"{word} {self.language.than}", Meaning(Role.COMPARED))

    def add(self, phrase: str, meaning: Meaning) -> None:
        """A phrase whose words are found in all their forms; `…` stands for a number."""
        self._phrases.add(phrase, meaning)

    def add_superlative(self, phrase: str, meaning: Meaning) -> None:
        """A phrase of which only the endings of superlatives may differ."""
        self._superlatives.add(phrase, meaning)

    def add_value(self, phrase: str, meaning: Meaning) -> None:
        """A phrase between whose words no others stand."""
        self._values.add(phrase, meaning)

    def add_name(self, name: str, products: frozenset[int]) -> None:
        """A name that cannot be taken for anything else."""
        self._names.add(name, Meaning(Role.NAME, products=products))

    def add_part(self, part: str, products: frozenset[int]) -> None:
        """What the titles of these products begin with; it may be an ordinary word, too."""
        self._parts.add(part, Meaning(Role.NAME, products=products))

    def is_filling(self, word: str) -> bool:
        """Whether a normalised word asks for nothing by itself."""
        if self._filling:
            return word in self._filling
        return self._analyzer.is_stop(word)  # in a language without a table

    def is_doing(self, word: str) -> bool:
        """Whether a normalised word only says who may do something."""
        return word in self._doing

    def is_tying(self, word: str) -> bool:
        """Whether a normalised word says that products have what follows."""
        return word in self._tying

    def is_own(self, word: str) -> bool:
        """Whether a normalised word says that something is the customer's own."""
        return word in self._own

    def read(self, text: str) -> Question | None:
        """The question taken apart; None when it is empty or too long for one."""
        words = [part for word in atoms(spelled_out(visible(text))) for part in self._parted(word)]
        if not 0 < len(words) <= MAX_WORDS:
            return None
        items = tuple(self._items(words))
        kept = [item.word for item in items]
        books = (self._phrases, self._superlatives, self._values, self._idioms)
        found = self._longest_first(chain.from_iterable(book.find(kept) for book in books), kept)
        vague = tuple(match for match in found if self._is_vague(match, kept))
        return Question(
            items,
            tuple(match for match in found if match not in vague),
            vague,
            self._longest_first(self._parts.find(kept), kept),
        )

    def _parted(self, word: str) -> Sequence[str]:
        parts = self.language.joined.get(word)
        return parts.split() if parts else (word,)

    def _longest_first(self, found: Iterable[Match], words: Sequence[str]) -> tuple[Match, ...]:
        """By the number of words that tell something, then of all; idioms last."""

        def length(match: Match) -> tuple[bool, int, int]:
            telling = sum(not self.is_filling(words[place]) for place in match.places)
            is_idiom = match.meanings[0].role is Role.IDIOM
            return is_idiom, -telling, -len(match.places)

        return tuple(sorted(found, key=length))

    def _is_vague(self, match: Match, words: Sequence[str]) -> bool:
        asks = any(meaning.role is Role.ASKED for meaning in match.meanings)
        return asks and all(self.is_filling(words[place]) for place in match.places)

    def _items(self, words: Sequence[str]) -> Iterator[Item]:
        named: dict[int, Match] = {}
        for match in self._names.find(words):
            named.setdefault(match.places[0], match)
        place = 0
        while place < len(words):
            if place in named:
                match = named[place]
                products = frozenset(chain.from_iterable(m.products for m in match.meanings))
                yield Item(NAME, products=products)
                place = match.places[-1] + 1
            elif found := self._quantities.at(words, place):
                between, quantity, place = found
                yield from map(Item, between)
                yield Item(NUMBER, quantity)
            else:
                yield Item(words[place])
                place += 1
