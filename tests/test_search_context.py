"""What a customer said of themselves shapes search and answers, a little and openly."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import FakeEncoder

from indexer.build import build_index
from kb.context import NO_CONTEXT, Address, Context, Customer, Experience
from kb.documents import Kind
from search.encoder import Encoder
from search.ranking import OWN_LEAD
from search.results import AnswerStatus, Hit, Personalised
from search.scope import Leg, Scope
from search.searcher import Searcher

PRIVATE, BUSINESS = Context(customer=Customer.PRIVATE), Context(customer=Customer.BUSINESS)
EXPERT = Context(experience=Experience.EXPERT)
CITY, BREEZE = Context(product="city-light"), Context(product="breeze")

SITE = """
default_locale = "en"
[locales.en]
[product_types.ebike.asked]
en = ["bike"]
[product_types.ebike.attributes.weight]
type = "number"
unit = "kg"
label = { en = "Weight" }
asked = { en = ["heavy"] }
"""
LAMPS = "Every lamp can be dimmed with the button below the saddle, or by holding the bell."
PAGES = {
    "products/ebike/breeze.md": "---\ntitle: Breeze\nattributes: {weight: 20}\n"
    "related: [winter]\n---\nA calm bike.\n",
    "products/ebike/storm.md": "---\ntitle: Storm\nattributes: {weight: 30}\n---\nA wild bike.\n",
    "articles/pay.md": "# Paying\n\n::: business\nCompanies settle quarterly in arrears.\n:::\n\n"
    "::: private\nConsumers settle before dispatch.\n:::\n\nCards are accepted by everyone.\n",
    "articles/firms.md": "# Fleets\n\n::: business\nLeasing contracts for fleets run on.\n:::\n",
    "articles/trueing.md": "# Trueing wheels\n\nSpokes hold a wheel.\n\n::: expert\n"
    "Tension spokes to 1100 newton.\n:::\n\n::: beginner\nLeave spokes to us.\n:::\n",
    "articles/any.md": f"# Lamp\n\n{LAMPS} See it.\n",
    "articles/linked.md": f"# Lamp\n\n{LAMPS} See [it](../products/ebike/breeze.md).\n",
    "articles/named.md": f"---\nsummary: All about Breeze.\n---\n# Lamp\n\n{LAMPS} See it.\n",
    "articles/passing.md": f"# Lamp\n\n{LAMPS} See Breeze.\n",
    "articles/winter.md": "# Frost\n\nSalt harms the frame.\n",
    "articles/vat.md": "---\naudience: business\n---\n# Tax two\n\nTax is shown at the end.\n",
    "articles/tax.md": "# Tax one\n\nTax is shown at the end.\n",
}


def center(folder: Path, encoder: Encoder | None) -> Searcher:
    content = folder / "content"
    for name, text in PAGES.items():
        (content / "en" / name).parent.mkdir(parents=True, exist_ok=True)
        (content / "en" / name).write_text(text)
    (content / "site.toml").write_text(SITE)
    build_index(content, folder / "index", encoder)
    return Searcher.open(folder / "index", encoder)


@pytest.fixture(scope="module", params=["with an encoder", "keywords only"])
def small(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Searcher]:
    encoder = FakeEncoder() if request.param == "with an encoder" else None
    searcher = center(tmp_path_factory.mktemp("context"), encoder)
    yield searcher
    searcher.close()


def hits(searcher: Searcher, query: str, context: Context = NO_CONTEXT) -> dict[str, Hit]:
    found = searcher.search(query, "en", Scope(context=context), limit=50).hits
    return {hit.document.id: hit for hit in found}


def test_text_for_other_customers_takes_no_part(small: Searcher) -> None:
    query = "settle quarterly in arrears"
    assert hits(small, query)["pay"].audience == ("business",)
    assert hits(small, query, BUSINESS)["pay"].audience == ("business",)
    private = hits(small, query, PRIVATE)["pay"]
    assert private.audience == ("private",)
    assert "quarterly" not in private.snippet.text


def test_experience_leaves_out_its_opposite_only(small: Searcher) -> None:
    expert = hits(small, "leave spokes to us", EXPERT)["trueing"]
    assert expert.audience in ((), ("expert",))
    assert hits(small, "leave spokes to us", BUSINESS)["trueing"].audience == ("beginner",)


def test_a_document_for_others_alone_is_not_found(small: Searcher) -> None:
    query = "leasing contracts for fleets"
    assert "firms" in hits(small, query)
    assert "firms" not in hits(small, query, PRIVATE)


@pytest.mark.parametrize("context", [PRIVATE, BUSINESS, Context(experience=Experience.BEGINNER)])
def test_no_answer_holds_text_for_other_customers(small: Searcher, context: Context) -> None:
    others = {
        PRIVATE: ("quarterly", "Leasing"), BUSINESS: ("before dispatch",),
    }.get(context, ("newton",))  # fmt: skip
    queries = ("settle quarterly in arrears", "settle before dispatch", "tension spokes newton")
    for query in (*queries, "paying"):  # a title asks for the opening, which is another for each
        result = small.answer(query, "en", context)
        shown = [hit.snippet.text for hit in result.search.hits]
        shown += [result.answer.text] if result.answer else []
        assert not [text for text in shown for word in others if word in text]


def test_an_answer_says_for_whom_it_is(small: Searcher) -> None:
    result = small.answer("companies settle quarterly in arrears", "en")
    assert result.status is AnswerStatus.ANSWERED
    assert result.citations[0].audience == ("business",)


def test_a_document_written_for_some_says_so_in_every_passage(small: Searcher) -> None:
    assert hits(small, "tax shown at the end")["vat"].audience == ("business",)
    assert hits(small, "tax shown at the end")["tax"].audience == ()


def test_nothing_said_changes_nothing(small: Searcher) -> None:
    query = "settle quarterly in arrears"
    plain = small.search(query, "en")
    assert plain.personalised == ()
    assert small.search(query, "en", Scope(context=Context(address=Address.SIE))) is plain
    assert small.answer(query, "en", Context(address=Address.DU)) is small.answer(query, "en")


def test_what_tells_of_the_customers_product_wins_among_equals(small: Searcher) -> None:
    before, after = (hits(small, "every lamp", context) for context in (NO_CONTEXT, BREEZE))
    assert before["any"].score == before["linked"].score
    assert list(before).index("any") < list(before).index("linked")
    assert list(after).index("linked") < list(after).index("any")


def test_the_lead_is_small_and_not_for_a_product_named_in_passing(small: Searcher) -> None:
    before, after = (hits(small, "every lamp", context) for context in (NO_CONTEXT, BREEZE))
    for own in ("linked", "named"):
        assert after[own].score == before[own].score
    for other in ("any", "passing"):
        expected = pytest.approx(before[other].score * (1 - OWN_LEAD), abs=1e-3)
        assert after[other].score == expected


def test_what_is_related_to_the_product_counts_as_its_own(small: Searcher) -> None:
    told = {small.library.document(n).id for n in small.library.mentioning("breeze")}
    assert told == {"breeze", "linked", "named", "winter"}


def test_what_is_written_for_such_customers_wins_among_equals(small: Searcher) -> None:
    found = small.search("tax is shown at the end", "en", Scope(context=BUSINESS))
    assert found.hits[0].document.id == "vat"


def test_the_customers_own_never_passes_the_clear_best(searcher: Searcher) -> None:
    for query in ("Rechnung herunterladen", "Newsletter abbestellen", "Passwort vergessen"):
        plain = searcher.search(query, "de").hits
        assert plain[1].score < plain[0].score * (1 - OWN_LEAD), "no clear best"
        for product in searcher.library.documents("de", Kind.PRODUCT):
            found = searcher.search(query, "de", Scope(context=Context(product.id))).hits
            assert found[0].document == plain[0].document, product.id


def test_the_result_says_what_the_context_did(small: Searcher) -> None:
    def told(query: str, context: Context) -> tuple[Personalised, ...]:
        return small.answer(query, "en", context).search.personalised

    every = Context("breeze", Customer.PRIVATE, Experience.EXPERT)
    assert told("settle quarterly in arrears", every) == (Personalised.CUSTOMER,)
    assert Personalised.EXPERIENCE in told("tension spokes", every)
    assert told("how heavy is my bike", every)[0] is Personalised.PRODUCT
    assert told("salt harms the frame", BUSINESS) == ()


def test_pages_that_stand_where_they_stood_are_not_called_personal(small: Searcher) -> None:
    found = small.search("the breeze is a calm bike", "en", Scope(context=BREEZE), limit=1)
    assert found.hits[0].document.id == "breeze"
    assert found.personalised == ()


@pytest.mark.parametrize(
    ("query", "locale", "fact"),
    [
        ("Wie schwer ist mein Rad?", "de", "City Light – Gewicht: 16,8 kg"),
        ("Wie weit komme ich mit einer Ladung?", "de", "City Light – Reichweite: 60 km"),
        ("Was wiegt es?", "de", "City Light – Gewicht: 16,8 kg"),
        ("How heavy is my bike?", "en", "City Light – Weight: 16.8 kg"),
        ("how far can I ride on one charge?", "en", "City Light – Range: 60 km"),
    ],
)
def test_a_question_without_a_product_is_about_the_customers(
    searcher: Searcher, query: str, locale: str, fact: str
) -> None:
    result = searcher.answer(query, locale, CITY)
    assert result.answer and result.answer.text == fact
    assert result.search.hits[0].document.id == "city-light"
    assert Personalised.PRODUCT in result.search.personalised
    without = searcher.answer(query, locale)
    assert not (without.answer and without.answer.text == fact)


@pytest.mark.parametrize(
    ("query", "locale"),
    [
        ("Wie schwer ist das City 3?", "de"),
        ("Welche Räder tragen 150 kg?", "de"),
        ("Wie schwer sind Lastenräder?", "de"),
        ("Welches Rad ist am leichtesten?", "de"),
        ("Wie schwer ist mein Helm?", "de"),
        ("Was kostet der Versand?", "de"),
        ("which bikes have a belt", "en"),
    ],
)
def test_other_questions_are_not_taken_for_ones_about_the_customers_product(
    searcher: Searcher, query: str, locale: str
) -> None:
    assert searcher.answer(query, locale, CITY).answer == searcher.answer(query, locale).answer


@pytest.mark.parametrize("product", ["gone", "", "battery-recall"])
def test_a_product_that_is_not_there_changes_nothing(searcher: Searcher, product: str) -> None:
    query = "Wie schwer ist mein Rad?"
    assert searcher.answer(query, "de", Context(product)) == searcher.answer(query, "de")


def test_a_leg_alone_is_measured_without_product_answers(searcher: Searcher) -> None:
    scope = Scope(leg=Leg.KEYWORD, context=CITY)
    found = searcher.search("Wie schwer ist mein Rad?", "de", scope)
    assert found.hits


def test_many_contexts_keep_bounded_memory(small: Searcher) -> None:
    remembered: list[Callable[..., object]] = [small._found, small._answered]
    ranker = small._ranker
    remembered += [ranker._viewed, ranker._readable, ranker._own._marked]
    for number in range(400):
        small.answer("lamp", "en", Context(f"product-{number}"))
    for function in remembered:
        info = function.cache_info()  # type: ignore[attr-defined]
        assert info.maxsize is not None and info.currsize <= info.maxsize
