"""The product finder: what it asks about products, and what it says in the end."""

from collections.abc import Iterator
from typing import Any

import pytest

from kb.choosing.guide import SKIP, OptionKind, State
from kb.choosing.products import FEW, MOST_QUESTIONS, ProductFinder
from kb.choosing.ranges import MOST_BANDS, MOST_CUTS, bands, covers, cuts
from kb.documents import Document, Fact, Kind, Product
from kb.site import ProductType, Site
from search.searcher import Searcher
from web.shelf import shelf_of


def product(name: str, price: float | None = None, currency: str = "EUR", **raw: Any) -> Document:
    facts = tuple(Fact(key, key, str(value), value) for key, value in raw.items())
    record = Product("thing", "", price, currency, facts, (), (), (), ())
    return Document(
        Kind.PRODUCT, name, "en", name, name, "", "thing", "consideration", (), (), (), "", "", "",
        (), (), f"en/products/{name}.md", record,
    )  # fmt: skip


def finder(products: list[Document], locale: str = "en", **attributes: Any) -> ProductFinder:
    known = ProductType.model_validate({"attributes": attributes})
    return ProductFinder(known, products, locale)


def options(found: ProductFinder, key: str) -> list[tuple[OptionKind, str, str]]:
    (asked,) = [question for question in found.guide.questions if question.key == key]
    return [(option.kind, option.key, option.text) for option in asked.options]


PRICES = (1899, 1999, 2299, 2499, 2799, 2899, 3499, 3799, 3999, 4299, 4499, 5199, 5499, 5799)
PRICED = [product(f"p{n:02}", price) for n, price in enumerate(PRICES)]
LENGTH = {"type": "number", "unit": "cm", "label": {"en": "Length"}}


# --- every path through the example products ---


def walked(found: ProductFinder) -> Iterator[State]:
    """Every state that links lead to, each once."""
    guide = found.guide
    waiting, seen = [guide.state({})], set()
    while waiting:
        state = waiting.pop()
        if state.given in seen:
            continue
        seen.add(state.given)
        yield state
        if state.question:
            keys = [o.option.key for o in guide.offers(state.question, state.answers)]
            waiting += [guide.answered(state, state.question, key) for key in (*keys, SKIP)]


@pytest.mark.parametrize("locale", ["de", "en"])
def test_every_path_ends_with_at_most_three_in_at_most_five_questions(
    searcher: Searcher, locale: str
) -> None:
    finders = shelf_of(searcher, locale).finders
    assert list(finders) == ["ebike", "battery"]
    for name, found in finders.items():
        states = list(walked(found))
        ends = [state for state in states if state.question is None]
        assert len(ends) > 10, name
        for state in states:
            assert len(state.answers) <= MOST_QUESTIONS
            assert state.count > 0
            assert found.guide.state(dict(reversed(state.given))) == state
        for state in ends:
            outcome = found.outcome(state)
            assert 1 <= len(outcome.choices) <= FEW
            assert len(outcome.near_misses) <= FEW
            assert len({c.document.id for c in outcome.choices}) == len(outcome.choices)
            told = sum(answer.option is not None for answer in state.answers)
            assert all(len(choice.reasons) == told for choice in outcome.choices)


@pytest.mark.parametrize("locale", ["de", "en"])
def test_who_answers_everything_is_never_left_with_more_than_three(
    searcher: Searcher, locale: str
) -> None:
    for name, found in shelf_of(searcher, locale).finders.items():
        ends = [state for state in walked(found) if state.question is None]
        answered = [state for state in ends if all(a.option for a in state.answers)]
        assert answered
        assert all(state.count <= FEW for state in answered), name


@pytest.mark.parametrize("locale", ["de", "en"])
def test_every_question_about_the_example_products_is_written_by_editors(
    searcher: Searcher, locale: str
) -> None:
    for found in shelf_of(searcher, locale).finders.values():
        for asked in found.guide.questions:
            assert asked.text.endswith("?"), asked.key


def test_few_products_need_no_finder() -> None:
    assert not finder(PRICED[:3]).is_useful
    assert finder(PRICED[:4]).is_useful
    assert not finder([product(f"p{n}") for n in range(9)]).is_useful


# --- questions made of values ---


def test_prices_become_round_limits_in_the_readers_writing() -> None:
    english = [text for _, _, text in options(finder(PRICED), "price")]
    assert english == ["€2,000", "€3,000", "€4,000", "€5,000"]
    german = options(finder(PRICED, "de"), "price")
    assert german[1] == (OptionKind.AT_MOST, "3000", "3.000 €")


def test_prices_in_several_currencies_are_not_asked_for() -> None:
    mixed = [product("a", 1), product("b", 2, "USD"), product("c", 3), product("d", 4)]
    assert finder(mixed).guide.questions == ()


def test_a_number_is_wanted_much_little_or_neither() -> None:
    sizes = [product(f"p{n}", length=n) for n in (10, 20, 30, 40)]
    much = options(finder(sizes, length={**LENGTH, "bound": "max"}), "length")
    assert {kind for kind, _, _ in much} == {OptionKind.AT_LEAST}
    little = options(finder(sizes, length={**LENGTH, "bound": "max", "prefer": "low"}), "length")
    assert {kind for kind, _, _ in little} == {OptionKind.AT_MOST}
    neither = finder(sizes, length=LENGTH)
    assert options(neither, "length") == [
        (OptionKind.AT_MOST, "10", "10 cm"),
        (OptionKind.RANGE, "10-20", "10 cm – 20 cm"),
        (OptionKind.RANGE, "20-30", "20 cm – 30 cm"),
        (OptionKind.ABOVE, "30-", "30 cm"),
    ]
    fits = [option.fits for option in neither.guide.questions[0].options]
    assert fits == [0b0001, 0b0010, 0b0100, 0b1000]


def test_both_ends_of_a_span_ask_once_for_the_customers_own_value() -> None:
    schema = {
        "low": {**LENGTH, "bound": "min", "label": {"en": "Rider height from"}},
        "high": {
            **LENGTH,
            "bound": "max",
            "asked_with": "low",
            "label": {"en": "Rider height up to"},
        },
    }
    spans = [(150, 170), (160, 180), (170, 190), (150, 190)]
    riders = [product(f"p{a}-{b}", low=a, high=b) for a, b in spans]
    found = finder(riders, **schema)
    assert [(q.key, q.label) for q in found.guide.questions] == [("low", "Rider height")]
    texts = [text for _, _, text in options(found, "low")]
    assert texts == ["150–160 cm", "160–170 cm", "170–180 cm", "180–190 cm"]
    state = found.guide.state({"low": "160-170"})
    assert {d.id for d in found.fitting(state)} == {"p150-170", "p160-180", "p150-190"}


def test_only_a_yes_leaves_something_out() -> None:
    dry = {"type": "boolean", "label": {"en": "Waterproof"}}
    bags = [product(f"p{n}", dry=n % 2 == 0) for n in range(4)]
    found = finder(bags, dry=dry)
    assert [key for _, key, _ in options(found, "dry")] == ["yes"]
    assert {d.id for d in found.fitting(found.guide.state({"dry": "yes"}))} == {"p0", "p2"}


def test_what_editors_exclude_texts_and_lists_are_not_asked_for() -> None:
    things = [product(f"p{n}", a=n, b=str(n), c=[str(n)]) for n in range(6)]
    schema = {
        "a": {**LENGTH, "finder": False},
        "b": {"type": "text"},
        "c": {"type": "list"},
    }
    assert finder(things, **schema).guide.questions == ()


def test_names_that_addresses_need_get_an_underscore() -> None:
    schema = {key: {"type": "number", "label": {"en": key}} for key in ("type", "ask", "size")}
    things = [product(f"p{n}", type=n, ask=n, size=n) for n in range(4)]
    keys = [question.key for question in finder(things, **schema).guide.questions]
    assert keys == ["type_", "ask_", "size"]


def test_what_is_not_known_of_a_product_fits_no_answer() -> None:
    things = [product(f"p{n}", 10 + n, length=n) for n in (10, 20, 30, 40)] + [product("new", 9)]
    found = finder(things, length={**LENGTH, "prefer": "high"})
    state = found.guide.state({"length": "20", "price": "50"})
    assert "new" not in {d.id for d in found.fitting(state)}
    assert "new" in {d.id for d in found.fitting(found.guide.state({"length": SKIP}))}


def test_a_preference_belongs_to_numbers() -> None:
    with pytest.raises(ValueError, match="belong to the type number"):
        ProductType.model_validate({"attributes": {"a": {"type": "text", "prefer": "low"}}})


def test_editors_texts_are_part_of_the_site() -> None:
    site = Site.model_validate(
        {"product_types": {"thing": {"price": {"question": {"en": "How much?"}}}}}
    )
    found = ProductFinder(site.product_types["thing"], PRICED, "en")
    assert found.guide.questions[0].text == "How much?"


# --- ranges ---


def test_cuts_are_round_and_part_values_evenly() -> None:
    assert cuts(PRICES, below=True) == [2000, 3000, 4000, 5000]
    assert cuts([6, 7.5, 9, 14], below=True) == [6, 8, 10]


@pytest.mark.parametrize(
    "values",
    [[], [5], [5, 5, 5], [0, 0.0001], [-3, 0, 3], [1e12, 2e12], list(range(500)), [0.1, 0.2, 0.3]],
)
@pytest.mark.parametrize("below", [True, False])
def test_every_cut_has_values_on_both_sides(values: list[float], below: bool) -> None:
    found = cuts(values, below=below)
    assert len(found) <= MOST_CUTS
    assert bool(found) == (len(set(values)) > 1)
    for cut in found:
        low = [value for value in values if (value <= cut if below else value < cut)]
        assert 0 < len(low) < len(values)


def test_bands_stay_few_and_every_span_keeps_one() -> None:
    spans = [(100 + 3 * n, 150 + 5 * n) for n in range(15)]
    found = bands(spans)
    assert len(found) <= MOST_BANDS
    assert all(any(covers(span, band) for band in found) for span in spans)


# --- the end ---


def test_reasons_and_near_misses_come_from_the_customers_own_answers(searcher: Searcher) -> None:
    found = shelf_of(searcher, "en").finders["ebike"]
    state = found.guide.state({"use": "touring", "price": "4000", "range": "100"})
    outcome = found.outcome(state)
    assert [choice.document.id for choice in outcome.choices] == ["trek-4", "berg-6", "trek-7"]
    values = [(r.answer.question.key, r.value) for r in outcome.choices[0].reasons]
    assert values == [("use", "Commuting, Touring"), ("price", "€2,799"), ("range", "110 km")]
    near = [(miss.document.id, miss.reasons[0].value) for miss in outcome.near_misses]
    assert near == [("tour-x", "€4,299"), ("kies-1", "90 km"), ("junior-24", "60 km")]


def test_near_misses_fail_exactly_one_answer(searcher: Searcher) -> None:
    found = shelf_of(searcher, "en").finders["ebike"]
    state = found.guide.state({"use": "offroad", "price": "4000", "weight": "20"})
    misses = found.outcome(state).near_misses
    assert misses
    for miss in misses:
        number = found.products.index(miss.document)
        failed = [a for a in state.answers if a.option and not a.option.fits >> number & 1]
        assert [a.question.key for a in failed] == [miss.reasons[0].answer.question.key]


def test_after_a_single_answer_only_numbers_can_be_near(searcher: Searcher) -> None:
    shelf = shelf_of(searcher, "en")
    battery = shelf.finders["battery"]
    misses = battery.outcome(battery.guide.state({"battery": "600"})).near_misses
    assert [miss.document.id for miss in misses] == ["rb-500"]
    ebike = shelf.finders["ebike"]
    assert ebike.outcome(ebike.guide.state({"use": "cargo"})).near_misses == ()


def test_of_more_than_three_the_cheapest_the_middle_and_the_dearest_are_shown() -> None:
    found = finder(PRICED)
    outcome = found.outcome(found.guide.state({"price": SKIP}))
    assert outcome.chosen_by == "price"
    assert [choice.document.id for choice in outcome.choices] == ["p00", "p07", "p13"]


def test_without_prices_the_choice_is_by_name() -> None:
    things = [product(name, length=n) for n, name in enumerate("dbca")]
    found = finder(things, length=LENGTH)
    outcome = found.outcome(found.guide.state({"length": SKIP}))
    assert outcome.chosen_by == "name"
    assert [choice.document.id for choice in outcome.choices] == ["a", "c", "d"]
