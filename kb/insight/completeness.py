"""How much is known of each product, and what it lacks."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from kb.documents import Document
from kb.site import ProductType, Site

# The report shows these words.
COMPLETENESS_FORMULA = (
    "weight of what its pages state ÷ weight of what they could state. Pictures, suitable for,"
    " not suitable for, questions, articles about it, translations, required attributes and what"
    " customers asked for weigh 1; other attributes, and the price, as much as the share of the"
    " type's pages that state them"
)

Attribute = tuple[str, str]  # product type and key


@dataclass(frozen=True, slots=True)
class Lack:
    """Something a product's pages do not state."""

    field: str  # of the front matter, as "attributes.weight"; or "articles", "translation"
    locales: tuple[str, ...]  # where it is missing; () for all its pages
    weight: float  # above 0, at most 1
    is_asked: bool  # whether customers asked for this of such products


@dataclass(frozen=True, slots=True)
class ProductRecord:
    """How complete one product is, in all its languages."""

    product: str  # id
    complete: float  # COMPLETENESS_FORMULA, 0..1
    lacks: tuple[Lack, ...]  # the weightiest first
    sources: tuple[str, ...]  # its files, below the content folder


@dataclass(frozen=True, slots=True)
class TypeRecord:
    """The products of one type, the least complete first."""

    type: str
    products: tuple[ProductRecord, ...]

    @property
    def complete(self) -> float:
        """The mean of its products."""
        return fmean(one.complete for one in self.products)

    @property
    def lacking(self) -> tuple[ProductRecord, ...]:
        return tuple(one for one in self.products if one.lacks)


@dataclass(frozen=True, slots=True)
class _Part:
    """Something that a product's page may state."""

    field: str
    stated: Callable[[Document], bool]
    weight: float = 1.0
    is_asked: bool = False


def completeness(
    products: Iterable[Document],
    site: Site,
    told: Container[tuple[str, str]],
    asked: Container[Attribute],
) -> list[TypeRecord]:
    """Every product type that has products, in the site's order.

    `products` are their pages in all languages, `told` the ids and locales of products that an
    article tells of, `asked` the attributes that customers asked for (the price is one of them).
    """
    by_type: dict[str, dict[str, list[Document]]] = defaultdict(lambda: defaultdict(list))
    for page in products:
        by_type[page.category][page.id].append(page)
    order = [*site.product_types, *sorted(by_type.keys() - site.product_types.keys())]
    return [_of_type(name, by_type[name], site, told, asked) for name in order if name in by_type]


def _of_type(
    name: str,
    pages: dict[str, list[Document]],
    site: Site,
    told: Container[tuple[str, str]],
    asked: Container[Attribute],
) -> TypeRecord:
    every = [page for own in pages.values() for page in own]
    described = site.product_types.get(name, ProductType())
    parts = [
        *(part for part in _weighed(name, described, every, asked) if part.weight),
        _Part("images", lambda page: bool(page.product and page.product.images)),
        _Part("suitable_for", lambda page: bool(page.product and page.product.suitable_for)),
        _Part("not_for", lambda page: bool(page.product and page.product.not_for)),
        _Part("questions", lambda page: bool(page.questions)),
        _Part("articles", lambda page: (page.id, page.locale) in told),
    ]
    found = [_record(product, own, parts, site) for product, own in pages.items()]
    return TypeRecord(name, tuple(sorted(found, key=lambda one: (one.complete, one.product))))


def _weighed(
    name: str, described: ProductType, pages: Sequence[Document], asked: Container[Attribute]
) -> Iterator[_Part]:
    """The attributes of the schema, and the price: what not every product need state."""

    def weighed(path: str, key: str, stated: Callable[[Document], bool], must: bool) -> _Part:
        is_asked = (name, key) in asked
        share = sum(map(stated, pages)) / len(pages)
        return _Part(path, stated, 1.0 if must or is_asked else share, is_asked)

    for key, schema in described.attributes.items():
        yield weighed(f"attributes.{key}", key, _states(key), schema.required)
    yield weighed("price", "price", _has_price, False)


def _states(key: str) -> Callable[[Document], bool]:
    return lambda page: any(
        fact.key == key and fact.value for fact in (page.product.facts if page.product else ())
    )


def _has_price(page: Document) -> bool:
    return page.product is not None and page.product.price is not None


def _record(
    product: str, pages: Sequence[Document], parts: Iterable[_Part], site: Site
) -> ProductRecord:
    lacks, reached, whole = [], 0.0, 0.0
    for part in parts:
        missing = tuple(page.locale for page in pages if not part.stated(page))
        whole += part.weight
        reached += part.weight * (1 - len(missing) / len(pages))
        if missing:
            where = missing if len(missing) < len(pages) else ()
            lacks.append(Lack(part.field, where, part.weight, part.is_asked))
    if len(site.locales) > 1:
        written = {page.locale for page in pages}
        untranslated = tuple(locale for locale in site.locales if locale not in written)
        whole += 1
        reached += 1 - len(untranslated) / len(site.locales)
        if untranslated:
            lacks.append(Lack("translation", untranslated, 1.0, False))
    lacks.sort(key=lambda lack: (-lack.weight, not lack.is_asked))
    sources = tuple(page.source for page in pages)
    return ProductRecord(product, reached / whole, tuple(lacks), sources)
