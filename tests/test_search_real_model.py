"""A few questions through the real model, as customers ask them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.context import Context, Customer
from search.clusters import SAME_OF_PRODUCT, clustered
from search.encoder import OnnxEncoder
from search.results import AnswerForm, AnswerStatus
from search.scope import Scope
from search.searcher import Searcher

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def example(real_index: Path, real_encoder: OnnxEncoder) -> Iterator[Searcher]:
    searcher = Searcher.open(real_index, real_encoder)
    yield searcher
    searcher.close()


def test_questions_about_one_product_are_told_apart_by_what_they_ask(example: Searcher) -> None:
    asked = [
        "Hat das Trek 7 eine Federgabel?",
        "trek 7 federgabel",
        "Gibt es das Trek 7 in Rot?",
        "Hat das Trek 7 einen Ständer?",
        "Trek 7 Ständer nachrüsten",
    ]
    plain = [example.without_product(question, "de") for question in asked]
    meanings = example.meanings(plain, "de")
    assert clustered(meanings, meanings[:0], SAME_OF_PRODUCT) == [0, 0, 1, 2, 2]


def test_the_showpiece_question_is_answered_with_the_steps(example: Searcher) -> None:
    result = example.answer("Akku lädt nicht, was tun?", "de")
    assert result.status is AnswerStatus.ANSWERED
    assert result.citations[0].document.id == "battery-not-charging"
    assert result.answer and result.answer.form is AnswerForm.STEPS
    assert any("10 Sekunden" in step for step in result.answer.steps)


@pytest.mark.parametrize(
    ("query", "locale", "expected"),
    [
        ("Wie ändere ich die Adresse auf der Rechnung?", "de", "billing-address"),
        ("how do I get my money back", "en", "refund"),
        ("wo ist mein Paket", "de", "delivery-tracking"),
        ("I forgot my password", "en", "password-reset"),
        ("Darf ich den Akku ins Flugzeug mitnehmen?", "de", "battery-transport"),
        ("how do I pump up my tyres, which pressure", "en", "tyre-pressure"),
    ],
)
def test_questions_find_the_article_that_answers(
    example: Searcher, query: str, locale: str, expected: str
) -> None:
    assert example.search(query, locale).hits[0].document.id == expected


def test_a_question_in_the_other_language_finds_the_article_in_the_asked_one(
    example: Searcher,
) -> None:
    hit = example.search("wo ist mein Paket", "en").hits[0]
    assert (hit.document.id, hit.document.locale) == ("delivery-tracking", "en")


def test_a_product_question_is_answered_with_the_fact_and_its_unit(example: Searcher) -> None:
    result = example.answer("wie schwer ist das City 3", "de")
    assert result.answer and result.answer.form is AnswerForm.FACT
    assert "23,4 kg" in result.answer.text


@pytest.mark.parametrize(
    ("query", "locale"),
    [
        ("premier league table this season", "en"),
        ("was hilft gegen kopfschmerzen nach der grippeimpfung", "de"),
        ("asdkjh qwelkj pömpf", "de"),
    ],
)
def test_questions_the_content_does_not_answer_get_no_claim(
    example: Searcher, query: str, locale: str
) -> None:
    result = example.answer(query, locale)
    assert result.status is not AnswerStatus.ANSWERED
    assert result.answer is None
    assert result.citations == ()


@pytest.mark.parametrize(
    ("query", "locale", "fact"),
    [
        ("Wie schwer ist mein Rad?", "de", "City Light – Gewicht: 16,8 kg"),
        ("How far does it go on one charge?", "en", "City Light – Range: 60 km"),
    ],
)
def test_a_question_about_my_bike_is_answered_for_it(
    example: Searcher, query: str, locale: str, fact: str
) -> None:
    result = example.answer(query, locale, Context(product="city-light"))
    assert result.answer and result.answer.text == fact


def test_a_business_customer_is_told_what_holds_for_businesses(example: Searcher) -> None:
    query = "Ab wann kann ich auf Rechnung zahlen?"
    business = example.search(query, "de", Scope(context=Context(customer=Customer.BUSINESS)))
    assert {hit.document.id for hit in business.hits[:2]} & {"payment-invoice", "order-business"}
    private = example.search(query, "de", Scope(context=Context(customer=Customer.PRIVATE)))
    assert private.hits[0].document.id == "payment-invoice"
    assert private.hits[0].audience == ()
