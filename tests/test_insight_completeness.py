"""How complete products are: the example's own products, with something taken from them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from kb.documents import Document, Kind, Product
from kb.insight.completeness import Lack, ProductRecord, TypeRecord, completeness
from kb.site import AttributeSchema, Site
from search.searcher import Searcher

TREK = "trek-7"
Change = Callable[[Document], Document]


@pytest.fixture(scope="module")
def pages(searcher: Searcher) -> list[Document]:
    return [
        page
        for locale in searcher.site.locales
        for page in searcher.library.documents(locale, Kind.PRODUCT)
    ]


@pytest.fixture(scope="module")
def told(pages: list[Document]) -> set[tuple[str, str]]:
    return {(page.id, page.locale) for page in pages}


def product(page: Document, **changes: object) -> Document:
    assert page.product is not None
    return replace(page, product=replace(page.product, **changes))


def without(*keys: str) -> Change:
    """The page without these attributes."""

    def taken(page: Document) -> Document:
        known: Product | None = page.product
        assert known is not None
        return product(page, facts=tuple(fact for fact in known.facts if fact.key not in keys))

    return taken


def changed(
    pages: list[Document], change: Change, names: set[str], locale: str = ""
) -> list[Document]:
    """The pages, those of these products changed, in one language or in all."""
    return [
        change(page) if page.id in names and locale in ("", page.locale) else page for page in pages
    ]


def optional(site: Site, key: str) -> Site:
    """A site on which no e-bike needs to state this attribute."""
    types = dict(site.product_types)
    bikes = types["ebike"]
    schema: AttributeSchema = bikes.attributes[key].model_copy(update={"required": False})
    attributes = {**bikes.attributes, key: schema}
    types["ebike"] = bikes.model_copy(update={"attributes": attributes})
    return site.model_copy(update={"product_types": types})


def record(types: list[TypeRecord], name: str = TREK) -> ProductRecord:
    return next(one for of in types for one in of.products if one.product == name)


def test_the_example_lacks_nothing_and_its_types_stand_in_the_sites_order(
    searcher: Searcher, pages: list[Document], told: set[tuple[str, str]]
) -> None:
    types = completeness(pages, searcher.site, told, set())
    assert [of.type for of in types] == list(searcher.site.product_types)
    assert {(of.complete, of.lacking) for of in types} == {(1.0, ())}
    assert record(types).sources == ("de/products/ebike/trek-7.md", "en/products/ebike/trek-7.md")


def test_what_a_page_does_not_state_is_told_by_its_field(
    searcher: Searcher, pages: list[Document], told: set[tuple[str, str]]
) -> None:
    bare = replace(product(pages[0], images=(), suitable_for=(), not_for=()), questions=())
    told = {one for one in told if one[0] != bare.id}
    found = record(
        completeness(
            changed(pages, lambda page: replace(bare, locale=page.locale), {bare.id}),
            searcher.site,
            told,
            set(),
        ),
        bare.id,
    )
    assert {lack.field for lack in found.lacks} == {
        "images",
        "suitable_for",
        "not_for",
        "questions",
        "articles",
    }
    assert 0 < found.complete < 1


def test_what_one_language_lacks_counts_in_part_and_is_named(
    searcher: Searcher, pages: list[Document], told: set[tuple[str, str]]
) -> None:
    def plain(page: Document) -> Document:
        return product(page, images=())

    in_one = completeness(changed(pages, plain, {TREK}, "en"), searcher.site, told, set())
    in_both = completeness(changed(pages, plain, {TREK}), searcher.site, told, set())
    assert record(in_one).lacks == (Lack("images", ("en",), 1.0, False),)
    assert record(in_both).lacks == (Lack("images", (), 1.0, False),)
    assert 1 - record(in_both).complete == pytest.approx(2 * (1 - record(in_one).complete))


def test_a_missing_translation_is_told_and_nothing_else_of_it(
    searcher: Searcher, pages: list[Document], told: set[tuple[str, str]]
) -> None:
    kept = [page for page in pages if (page.id, page.locale) != (TREK, "en")]
    (lack,) = record(completeness(kept, searcher.site, told, set())).lacks
    assert (lack.field, lack.locales) == ("translation", ("en",))
    only = searcher.site.model_copy(update={"locales": {"de": searcher.site.locales["de"]}})
    german = [page for page in kept if page.locale == "de"]
    assert record(completeness(german, only, told, set())).lacks == ()


def test_an_optional_attribute_weighs_as_much_as_products_state_it(
    searcher: Searcher, pages: list[Document], told: set[tuple[str, str]]
) -> None:
    site, bikes = optional(searcher.site, "torque"), {p.id for p in pages if p.category == "ebike"}
    one = completeness(changed(pages, without("torque"), {TREK}), site, told, set())
    most = completeness(changed(pages, without("torque"), bikes - {"city-3"}), site, told, set())
    every = completeness(changed(pages, without("torque"), bikes), site, told, set())
    weights = [lack.weight for of in (one, most) for lack in record(of).lacks]
    assert weights == [pytest.approx(13 / 14), pytest.approx(1 / 14)]
    assert record(one).complete < record(most).complete
    assert record(every).complete == 1.0  # what nobody states and nobody asks for is no lack


def test_what_customers_ask_for_weighs_in_full_whoever_states_it(
    searcher: Searcher, pages: list[Document], told: set[tuple[str, str]]
) -> None:
    site, bikes = optional(searcher.site, "torque"), {p.id for p in pages if p.category == "ebike"}
    bare = changed(pages, without("torque"), bikes)
    asked = completeness(bare, site, told, {("ebike", "torque"), ("lock", "price")})
    assert record(asked).lacks == (Lack("attributes.torque", (), 1.0, True),)
    free = changed(pages, lambda page: product(page, price=None), {"lock-f10", "lock-u15"})
    asked = completeness(free, site, told, {("lock", "price")})
    assert record(asked, "lock-f10").lacks == (Lack("price", (), 1.0, True),)


def test_the_least_complete_product_comes_first_and_its_weightiest_lack(
    searcher: Searcher, pages: list[Document], told: set[tuple[str, str]]
) -> None:
    site = optional(searcher.site, "torque")
    bare = changed(pages, lambda page: replace(page, questions=()), {"trek-4", TREK})
    bare = changed(bare, without("torque"), {TREK})
    bikes = completeness(bare, site, told, set())[0]
    assert [one.product for one in bikes.lacking] == [TREK, "trek-4"]
    assert [lack.field for lack in bikes.products[0].lacks] == ["questions", "attributes.torque"]
    shares = [one.complete for one in bikes.products]
    assert shares == sorted(shares)
    assert bikes.complete == pytest.approx(sum(shares) / len(shares))


def test_products_of_a_type_that_the_site_does_not_describe_are_told_too(
    searcher: Searcher, pages: list[Document], told: set[tuple[str, str]]
) -> None:
    site = searcher.site.model_copy(update={"product_types": {}})
    types = completeness(pages, site, told, set())
    assert [of.type for of in types] == sorted(searcher.site.product_types)
    assert {of.complete for of in types} == {1.0}
