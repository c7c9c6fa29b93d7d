"""Answers to questions that the products' attributes answer, with the facts that say so.

The question is understood as one about the products it names, or else about each type. Only where
every word that tells something is explained, and one way to understand it remains, is there an
answer: `Why has the City 3 become so heavy?` names product and attribute and asks for neither.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain

from kb.site import Site
from kb.store.library import Library
from search.products.catalogue import Catalogue, KnownProduct, ProductFact
from search.products.choosing import choose, is_ranked
from search.products.naming import ProductQuestion, product_question
from search.products.phrases import Role, atoms
from search.products.reading import Question
from search.products.understanding import GUESSED, SURE, Wish, understand

MAX_PRODUCTS = 5  # in one answer
# For whom a product is right is said of each; no list of products follows from it.
_FOR_WHOM = frozenset({"suitable_for", "not_for"})


class ProductAnswerForm(StrEnum):
    FACTS = "facts"  # of the products that the question names
    LIST = "list"  # of products that are as the question wants them, the best fit first


@dataclass(frozen=True, slots=True)
class ProductAnswer:
    """Facts as the products' pages state them; not a word is added."""

    form: ProductAnswerForm
    facts: tuple[ProductFact, ...]  # those of one product follow each other
    total: int  # products that fit; more than are shown when over MAX_PRODUCTS
    certainty: float  # 0..1, how well the telling words of the question are explained
    is_for_own: bool = False  # the question named none, so it was answered for the customer's own

    @property
    def text(self) -> str:
        """One fact a line."""
        return "\n".join(fact.text for fact in self.facts)

    @property
    def documents(self) -> tuple[int, ...]:
        """Numbers of the products' documents in the library, each once."""
        return tuple(dict.fromkeys(fact.document for fact in self.facts))


class ProductAnswers:
    """The products of one generation. Safe to share between threads.

    Called by `Searcher` with every question.
    """

    def __init__(self, library: Library, site: Site) -> None:
        """Reads every product once; nothing is read later."""
        found = (Catalogue(library, site, locale) for locale in site.locales)
        self._catalogues = {c.locale: c for c in found if site.product_types and c.products}

    def answer(self, query: str, locale: str, own: int | None = None) -> ProductAnswer | None:
        """The facts that answer a question in a locale; None when attributes do not answer it.

        `own` is the number of the customer's product in the library.
        """
        catalogue = self._catalogues.get(locale)
        question = catalogue.lexicon.read(query) if catalogue else None
        if catalogue is None or question is None:
            return None
        return _Answering(catalogue, question, own).answer()

    def question(self, query: str, locale: str) -> ProductQuestion | None:
        """What a question in a locale has to do with products; None for nothing."""
        catalogue = self._catalogues.get(locale)
        return product_question(catalogue, query) if catalogue else None


class _Answering:
    """One question to one catalogue."""

    def __init__(self, catalogue: Catalogue, question: Question, own: int | None) -> None:
        self._catalogue = catalogue
        self._question = question
        self._own = own if own in catalogue.products else None

    def answer(self) -> ProductAnswer | None:
        named = [place for place, item in enumerate(self._question.items) if item.products]
        if named:
            numbers = chain.from_iterable(self._question.items[p].products for p in named)
            return self._about(frozenset(numbers), dict.fromkeys(named, SURE))
        if self._own is not None and (answer := self._of_own(self._own)):
            return answer
        types = dict.fromkeys(
            meaning.type
            for match in self._question.matches
            for meaning in match.meanings
            if meaning.role is Role.TYPE
        )
        found = [answer for name in types if (answer := self._of_type(name))]
        if found:
            return found[0] if len(found) == 1 else None
        return self._of_part()

    def _of_own(self, number: int) -> ProductAnswer | None:
        """The question as one about the customer's product, if it can mean it.

        "How far does it go" does; "which bikes have a belt" and "how heavy are cargo bikes" do not,
        unless they say "my bike".
        """
        product = self._catalogue.products[number]
        wish = self._wish(product.type, {})
        if wish is None or wish.order or wish.compared or wish.conditions:
            return None
        says_own = any(self._catalogue.lexicon.is_own(item.word) for item in self._question.items)
        if not says_own and (wish.names_type or wish.choices or wish.kinds or not wish.asked):
            return None
        answer = self._stated(wish, [product])
        return replace(answer, is_for_own=True) if answer else None

    def _of_type(self, name: str) -> ProductAnswer | None:
        """The question as one about a type, which it names."""
        wish = self._wish(name, {})
        if wish is None or not wish.names_type:
            return None
        return self._chosen(wish, self._catalogue.of_type(name))

    def _of_part(self) -> ProductAnswer | None:
        """The question as one about products named by the beginning of their titles."""
        if not self._question.names:
            return None
        part = self._question.names[0]
        numbers = chain.from_iterable(meaning.products for meaning in part.meanings)
        return self._about(frozenset(numbers), dict.fromkeys(part.places, GUESSED))

    def _about(self, numbers: frozenset[int], names: dict[int, float]) -> ProductAnswer | None:
        """The question as one about these products, named at these places."""
        products = [self._catalogue.products[number] for number in sorted(numbers)]
        types = {product.type for product in products}
        wish = self._wish(types.pop(), names) if len(types) == 1 else None
        if wish is None or len(products) > MAX_PRODUCTS:
            return None
        is_one, is_sure = len(products) == 1, SURE in names.values()
        if is_one and (wish.compared or wish.order):
            return None  # "lighter", "the lightest": of which?
        if wish.order or (not is_one and not is_sure and (wish.conditions or wish.choices)):
            return self._chosen(wish, products)
        return self._stated(wish, products)

    def _wish(self, name: str, names: dict[int, float]) -> Wish | None:
        catalogue = self._catalogue
        return understand(self._question, catalogue.lexicon, name, catalogue.types[name], names)

    def _stated(self, wish: Wish, products: Sequence[KnownProduct]) -> ProductAnswer | None:
        """What is asked of these products.

        A number or choice in the question changes nothing: the facts answer yes and no alike.
        """
        attributes = self._catalogue.types[wish.type]
        if wish.mixes(attributes) or (wish.only_mentions and not wish.is_question):
            return None
        if wish.only_names and len(products) > 1:
            return None
        facts = _facts(products, wish.keys(attributes))
        if {fact.document for fact in facts} != {product.document for product in products}:
            return None
        # "Does the City 3 have disc brakes?": what the facts say themselves needs no explanation.
        term = self._catalogue.lexicon.term
        said = {term(word) for fact in facts for word in atoms(fact.text)}
        if any(term(word) not in said for word in wish.unexplained):
            return None
        guessed = [GUESSED] * len(wish.unexplained)
        sure = _mean([*wish.weights.values(), *guessed])
        return ProductAnswer(ProductAnswerForm.FACTS, facts, len(products), sure)

    def _chosen(self, wish: Wish, products: Sequence[KnownProduct]) -> ProductAnswer | None:
        """Those of the products that are as wanted."""
        attributes = self._catalogue.types[wish.type]
        keys = wish.keys(attributes)
        if wish.unexplained or wish.compared or _FOR_WHOM & set(keys):
            return None
        if not wish.has_with and (wish.only_mentions or wish.asks_for_parts(attributes)):
            return None
        chosen = choose(products, wish, attributes, self._catalogue.locale)
        if not chosen or (len(chosen) > MAX_PRODUCTS and not is_ranked(wish, attributes)):
            return None
        facts = _facts(chosen[:MAX_PRODUCTS], keys)
        sure = _mean(wish.weights.values())
        return ProductAnswer(ProductAnswerForm.LIST, facts, len(chosen), sure)


def _facts(products: Iterable[KnownProduct], keys: Sequence[str]) -> tuple[ProductFact, ...]:
    return tuple(p.facts[key] for p in products for key in keys if key in p.facts)


def _mean(weights: Iterable[float]) -> float:
    found = list(weights)
    return sum(found) / len(found) if found else 0.0
