"""Which product a question is about, whether attributes answer it or not."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from search.products.catalogue import Catalogue, KnownProduct, names_of_title
from search.products.phrases import Role
from search.products.reading import Question
from search.products.understanding import SURE, Wish, understand


@dataclass(frozen=True, slots=True)
class ProductQuestion:
    """A question that names a product or a type, or asks for what only attributes tell."""

    product: int | None  # number in the library of the first product that it names
    type: str  # of that product, or the first that it names; "" where several may be meant
    attributes: frozenset[tuple[str, str]]  # type and key of each that it asks for
    rest: str  # the question without that product's name


def product_question(catalogue: Catalogue, text: str) -> ProductQuestion | None:
    """What a question has to do with the products of a locale; None for nothing."""
    question = catalogue.lexicon.read(text)
    if question is None:
        return None
    # What words ask for that ask for nothing by themselves is an answer's best guess, and no more.
    question = replace(question, vague=())
    number = _first_product(question)
    if number is not None:
        product = catalogue.products[number]
        asked = _asked_of(catalogue, question, product.type)
        return ProductQuestion(number, product.type, asked, _without_name(text, product))
    if named := _first_type(question):
        return ProductQuestion(None, named, _asked_of(catalogue, question, named), text)
    wishes = list(_explained(catalogue, question))
    if not wishes:
        return None
    only = wishes[0].type if len(wishes) == 1 else ""
    return ProductQuestion(None, only, _asked(catalogue, wishes), text)


def _asked_of(
    catalogue: Catalogue, question: Question, type_name: str
) -> frozenset[tuple[str, str]]:
    names = {place: SURE for place, item in enumerate(question.items) if item.products}
    wish = _wish(catalogue, question, type_name, names)
    return _asked(catalogue, [wish] if wish else [])


def _explained(catalogue: Catalogue, question: Question) -> Iterator[Wish]:
    """What it asks of each type whose attributes explain it to the last word: "how many volts".

    Less would not do: "How long does it take?" is asked of refunds, too.
    """
    for name in catalogue.types:
        wish = _wish(catalogue, question, name, {})
        if wish and not (wish.unexplained or wish.only_mentions):
            yield wish


def _wish(
    catalogue: Catalogue, question: Question, type_name: str, names: Mapping[int, float]
) -> Wish | None:
    return understand(question, catalogue.lexicon, type_name, catalogue.types[type_name], names)


def _asked(catalogue: Catalogue, wishes: Iterable[Wish]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (wish.type, key) for wish in wishes for key in wish.keys(catalogue.types[wish.type])
    )


def _first_product(question: Question) -> int | None:
    """The first product named by a name that no other one shares."""
    return next((min(item.products) for item in question.items if len(item.products) == 1), None)


def _first_type(question: Question) -> str:
    named = [
        (match.places[0], meaning.type)
        for match in question.matches
        for meaning in match.meanings
        if meaning.role is Role.TYPE
    ]
    return min(named)[1] if named else ""


def _without_name(text: str, product: KnownProduct) -> str:
    """The text itself where it is nothing but the name."""
    names = sorted({*names_of_title(product.title), product.values["sku"]} - {""}, key=len)
    written = (r"[\W_]*".join(re.findall(r"\d+|[^\W\d_]+", name)) for name in reversed(names))
    rest = re.sub(rf"(?<!\w)(?:{'|'.join(written)})(?!\w)", " ", text, flags=re.IGNORECASE)
    return " ".join(rest.split()) if re.search(r"\w", rest) else text
