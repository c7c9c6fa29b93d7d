"""What stands in the help center in one language, put in order once per generation."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

from kb.choosing.products import ProductFinder
from kb.documents import Document, Kind
from kb.site import Category, ProductType, Site
from kb.text import localized
from search.searcher import Searcher

RECENT = 6  # articles on the home page
EXAMPLES = 3  # questions below its search box


@dataclass(frozen=True, slots=True)
class Card:
    """A category or product type as the overviews show it."""

    slug: str
    title: str
    summary: str
    icon: str
    count: int
    image: str = ""


class Shelf:
    """All documents for readers of one locale: its own, and those only other languages have."""

    def __init__(self, searcher: Searcher, locale: str) -> None:
        self.locale = locale
        self.site: Site = searcher.site
        self.own = tuple(searcher.library.documents(locale))
        self.documents = self._with_fallbacks(searcher)
        self._addresses = {(document.kind, document.slug) for document in self.own}

    def _with_fallbacks(self, searcher: Searcher) -> tuple[Document, ...]:
        best = {(document.kind, document.id): document for document in self.own}
        for locale in fallback_order(self.site, self.locale):
            for document in searcher.library.documents(locale):
                best.setdefault((document.kind, document.id), document)
        return tuple(best.values())

    def address(self, document: Document) -> str:
        """Where to read it without leaving this language's pages, if the name is free there."""
        if document.locale == self.locale or (document.kind, document.slug) in self._addresses:
            return document.url
        return f"/{self.locale}/{document.kind}s/{document.slug}"

    def of(self, kind: Kind, category: str | None = None) -> tuple[Document, ...]:
        """Documents of a kind, those in this language first, by title."""
        return tuple(
            document
            for document in self.documents
            if document.kind is kind and category in (None, document.category)
        )

    @cached_property
    def articles(self) -> tuple[Document, ...]:
        return self.of(Kind.ARTICLE)

    @cached_property
    def categories(self) -> tuple[Card, ...]:
        """Categories with articles, in the editors' order, unlisted ones last."""
        counts = Counter(article.category for article in self.articles)
        names = [*self.site.categories, *sorted(counts.keys() - self.site.categories.keys())]
        return tuple(self._category(name, counts[name]) for name in names if counts[name] and name)

    def _category(self, name: str, count: int) -> Card:
        known = self.site.categories.get(name, Category())
        title = self.site.category_title(name, self.locale)
        return Card(name, title, localized(known.summary, self.locale), known.icon, count)

    @cached_property
    def product_types(self) -> tuple[Card, ...]:
        """Product types with products, in the editors' order."""
        products = self.of(Kind.PRODUCT)
        counts = Counter(product.category for product in products)
        listed = self.site.product_types
        names = [*listed, *sorted(counts.keys() - listed.keys())]
        images = {
            p.category: p.product.images[0] for p in products if p.product and p.product.images
        }
        return tuple(
            Card(name, self.type_title(name), "", "box", counts[name], images.get(name, ""))
            for name in names
            if counts[name]
        )

    @cached_property
    def finders(self) -> dict[str, ProductFinder]:
        """Finders of the product types that have so many products that one is useful."""
        found = {card.slug: self._finder(card.slug) for card in self.product_types}
        return {name: finder for name, finder in found.items() if finder.is_useful}

    def _finder(self, name: str) -> ProductFinder:
        known = self.site.product_types.get(name, ProductType())
        return ProductFinder(known, self.of(Kind.PRODUCT, name), self.locale)

    def type_title(self, name: str) -> str:
        known = self.site.product_types.get(name)
        plain = name.replace("_", " ").replace("-", " ").capitalize()
        return localized(known.title, self.locale, plain) if known else plain

    def category_title(self, document: Document) -> str:
        if document.kind is Kind.PRODUCT:
            return self.type_title(document.category)
        return self.site.category_title(document.category, self.locale)

    def neighbours(self, document: Document) -> tuple[Document | None, Document | None]:
        """The articles before and after this one in its category, by title."""
        if document.kind is not Kind.ARTICLE or not document.category:
            return None, None
        row = self.of(Kind.ARTICLE, document.category)
        place = next((n for n, other in enumerate(row) if other.id == document.id), None)
        if place is None:
            return None, None
        return (row[place - 1] if place else None, row[place + 1] if place + 1 < len(row) else None)

    def fitted_by(self, document: Document) -> tuple[Document, ...]:
        """The products that name this one among their accessories, by title."""
        return self._fitted.get(document.id, ()) if document.product else ()

    @cached_property
    def _fitted(self) -> dict[str, tuple[Document, ...]]:
        fitted: dict[str, list[Document]] = defaultdict(list)
        for other in self.of(Kind.PRODUCT):
            for accessory in other.product.accessories if other.product else ():
                fitted[accessory].append(other)
        return {accessory: tuple(others) for accessory, others in fitted.items()}

    @cached_property
    def recent(self) -> tuple[Document, ...]:
        """The articles reviewed last."""
        articles = [d for d in self.own if d.kind is Kind.ARTICLE and d.reviewed]
        return tuple(sorted(articles, key=lambda d: d.reviewed, reverse=True)[:RECENT])

    @cached_property
    def examples(self) -> tuple[str, ...]:
        """Questions editors foresaw, one per article, the shortest as a first try."""
        asked = {d.questions[0] for d in self.own if d.kind is Kind.ARTICLE and d.questions}
        return tuple(sorted(asked, key=lambda question: (len(question), question))[:EXAMPLES])


def fallback_order(site: Site, locale: str) -> list[str]:
    """The other locales, the site's default first."""
    return sorted(
        site.locales.keys() - {locale}, key=lambda code: (code != site.default_locale, code)
    )


_shelves: "WeakKeyDictionary[Searcher, dict[str, Shelf]]" = WeakKeyDictionary()


def shelf_of(searcher: Searcher, locale: str) -> Shelf:
    """The shelf of this generation and locale, made at its first use.

    A language the site does not have gets the default one's, so that shelves stay few.
    """
    if locale not in searcher.site.locales:
        locale = searcher.site.default_locale
    shelves = _shelves.setdefault(searcher, {})
    if locale not in shelves:
        shelves[locale] = Shelf(searcher, locale)
    return shelves[locale]
