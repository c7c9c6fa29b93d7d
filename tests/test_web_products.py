"""Product pages and products side by side, over the example help center."""

from dataclasses import replace
from pathlib import Path

import pytest
from centers import Markup, client
from fakes import FakeEncoder
from flask.testing import FlaskClient

from kb.comparison import compare
from kb.documents import Kind
from search.searcher import Searcher

COMPARE = "/en/products/ebike/compare"


@pytest.fixture(scope="module")
def center(built_index: Path, encoder: FakeEncoder) -> FlaskClient:
    return client(built_index, encoder)


def page(center: FlaskClient, path: str) -> Markup:
    response = center.get(path)
    assert response.status_code == 200, path
    return Markup(response.text)


def test_differences_stand_above_what_is_the_same(searcher: Searcher) -> None:
    bikes = {d.id: d.product for d in searcher.library.documents("en", Kind.PRODUCT, "ebike")}
    shown = [bikes[name] for name in ("trek-4", "trek-7", "city-5")]
    found = compare([product for product in shown if product])
    differences = {row.key: row.values for row in found.differences}
    assert differences["range"] == ("110 km", "150 km", "110 km")
    assert {"motor_position", "brakes"} <= {row.key for row in found.same}
    keys = [row.key for row in (*found.differences, *found.same)]
    assert sorted(keys) == sorted(set(keys))


def test_what_only_one_product_tells_is_a_difference(searcher: Searcher) -> None:
    bikes = [d.product for d in searcher.library.documents("en", Kind.PRODUCT, "ebike")]
    bike = bikes[0]
    assert bike
    silent = replace(bike, facts=bike.facts[1:])
    found = compare([silent, bike])
    assert [row.values for row in found.differences] == [("", bike.facts[0].value)]


def test_compared_products_stand_side_by_side(center: FlaskClient) -> None:
    found = page(center, f"{COMPARE}?id=trek-4&id=trek-7")
    assert found.text.index("What differs") < found.text.index("The same for all")
    assert found.all("a", href=f"{COMPARE}?id=trek-7")  # removes the other one
    assert "noindex" in [meta.get("content") for meta in found.all("meta", name="robots")]
    assert found.all("a", href="/de/products/ebike/compare?id=trek-4&id=trek-7")


def test_a_fourth_product_is_left_out_and_the_page_says_so(center: FlaskClient) -> None:
    ids = "&".join(f"id={name}" for name in ("trek-4", "trek-7", "city-5", "berg-6"))
    found = page(center, f"{COMPARE}?{ids}")
    assert "More than 3 do not fit" in found.text
    assert len(found.all("th", scope="col")) == 3


@pytest.mark.parametrize("query", ["", "?id=", "?id=nothing&id=%3Cscript%3E", "?id=lock-u15"])
def test_without_known_products_one_can_be_chosen(center: FlaskClient, query: str) -> None:
    found = page(center, COMPARE + query)
    assert "Choose what to compare" in found.text
    assert {"value": "trek-7"} in found.all("option")


def test_one_product_named_twice_stands_there_once(center: FlaskClient) -> None:
    assert len(page(center, f"{COMPARE}?id=trek-4&id=trek-4").all("th", scope="col")) == 1


def test_unknown_type_has_no_comparison(center: FlaskClient) -> None:
    assert center.get("/en/products/spaceship/compare?id=a").status_code == 404


def test_products_of_a_type_can_be_ticked_for_comparison(center: FlaskClient) -> None:
    found = page(center, "/en/products/ebike/")
    assert found.all("form", action=COMPARE)
    assert found.all("input", type="checkbox", name="id", value="trek-7")


def test_a_product_names_its_questions_articles_and_what_goes_with_it(center: FlaskClient) -> None:
    found = page(center, "/en/products/berg-6")
    links = found.values("a", "href")
    assert any(link.startswith("/en/search?q=") for link in links)
    assert "/en/articles/tyre-pressure" in links  # its text leads to the product
    assert "/en/products/rb-625" in links
    battery = page(center, "/en/products/rb-625")
    assert "/en/products/berg-6" in battery.values("a", "href")
