"""What pages tell search engines about themselves: parsed as they would parse it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from centers import Markup, client
from conftest import WriteArticle
from fakes import FakeEncoder
from flask.testing import FlaskClient

from indexer.build import build_index
from search.searcher import Searcher

ROOT = "https://help.example.org"
_BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


@pytest.fixture(scope="module")
def center(built_index: Path, encoder: FakeEncoder) -> FlaskClient:
    return client(built_index, encoder, public_url=ROOT)


def things(center: FlaskClient, path: str) -> dict[str, dict[str, Any]]:
    """Everything the page tells, by type; the last of several."""
    blocks = [json.loads(block) for block in _BLOCK.findall(center.get(path).text)]
    assert all(block["@context"] == "https://schema.org" for block in blocks)
    flat = [thing for block in blocks for thing in block.get("@graph", [block])]
    return {thing["@type"]: thing for thing in flat}


def empty_values(thing: Any) -> bool:
    if isinstance(thing, dict):
        return any(map(empty_values, thing.values()))
    if isinstance(thing, list):
        return not thing or any(map(empty_values, thing))
    return thing in ("", None)


def test_home_offers_its_search_and_says_who_answers(center: FlaskClient) -> None:
    found = things(center, "/en/")
    action = found["WebSite"]["potentialAction"]
    assert action["target"]["urlTemplate"] == f"{ROOT}/en/search?q={{search_term_string}}"
    assert action["query-input"] == "required name=search_term_string"
    points = {point["contactType"]: point for point in found["Organization"]["contactPoint"]}
    assert points["Workshop"]["email"] == "werkstatt@brise-kette.example"
    assert found["WebSite"]["publisher"]["@id"] == found["Organization"]["@id"]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/de/battery/", ["Hilfe", "Akku und Sicherheit"]),
        ("/en/contact", ["Help center", "Contact"]),
        ("/en/products/berg-6", ["Help center", "Products", "E-bikes", "Berg 6"]),
    ],
)
def test_every_inner_page_tells_the_way_to_it(
    center: FlaskClient, path: str, names: list[str]
) -> None:
    steps = things(center, path)["BreadcrumbList"]["itemListElement"]
    assert [step["position"] for step in steps] == list(range(1, len(names) + 1))
    assert [step["name"] for step in steps][1:] == names[1:]
    assert steps[-1]["item"] == ROOT + path
    for step in steps:
        assert center.get(step["item"].removeprefix(ROOT)).status_code == 200


def test_an_article_with_numbered_steps_is_an_instruction(center: FlaskClient) -> None:
    path = "/de/articles/akku-laedt-nicht"
    found = things(center, path)
    assert found["TechArticle"]["headline"] == "Akku lädt nicht: So findest du die Ursache"
    assert found["TechArticle"]["mainEntityOfPage"] == ROOT + path
    assert found["TechArticle"]["dateModified"] >= "2026-09-14"
    steps = found["HowTo"]["step"]
    assert [step["position"] for step in steps] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found["HowTo"]["url"].startswith(f"{ROOT}{path}#")
    text = Markup(center.get(path).text).text
    assert all(step["text"].split(".")[0] in text for step in steps)


def test_an_article_without_steps_claims_no_instruction(center: FlaskClient) -> None:
    found = things(center, "/de/articles/rundum-schutz")
    assert "Article" in found
    assert not found.keys() & {"HowTo", "TechArticle", "FAQPage"}


def test_only_questions_that_stand_on_the_page_are_told(
    center: FlaskClient, searcher: Searcher
) -> None:
    told = 0
    for document in searcher.library.documents("de"):
        asked = things(center, document.url).get("FAQPage")
        if not asked:
            continue
        told += 1
        text = Markup(center.get(document.url).text).text
        for question in asked["mainEntity"]:
            assert question["name"] in text
            assert question["acceptedAnswer"]["text"]
    assert told
    assert "FAQPage" not in things(center, "/de/articles/akku-richtig-laden"), "one heading asks"


def test_a_question_as_title_is_answered_by_the_text_below_it(center: FlaskClient) -> None:
    asked = things(center, "/de/articles/welche-akkugroesse")["FAQPage"]["mainEntity"][0]
    assert asked["name"] == "Welche Akkugröße brauche ich?"
    assert "Wh" in asked["acceptedAnswer"]["text"]


def test_a_product_has_its_facts_and_an_offer(center: FlaskClient) -> None:
    path = "/en/products/berg-6"
    product = things(center, path)["Product"]
    assert product["sku"] == "BK-B6"
    assert product["offers"]["price"] == "3499.00"
    assert product["offers"]["priceCurrency"] == "EUR"
    assert product["offers"]["url"] == ROOT + path
    facts = {fact["name"]: fact["value"] for fact in product["additionalProperty"]}
    assert facts["Weight"] == "23.9 kg"
    for image in product["image"]:
        with center.get(image.removeprefix(ROOT)) as picture:
            assert picture.status_code == 200


def test_nothing_is_told_that_is_not_known(center: FlaskClient, searcher: Searcher) -> None:
    for document in searcher.library.documents("en"):
        assert not empty_values(list(things(center, document.url).values())), document.url


def test_a_product_without_a_price_makes_no_offer(
    tmp_path: Path, write_article: WriteArticle, encoder: FakeEncoder
) -> None:
    content = write_article("bell", "# Bell\n\nRings.\n", room="products/bells")
    build_index(content, tmp_path / "index", encoder)
    product = things(client(tmp_path / "index", encoder), "/en/products/bell")["Product"]
    assert product["name"] == "Bell"
    assert "offers" not in product


def test_two_lists_below_one_heading_are_two_instructions(
    tmp_path: Path, write_article: WriteArticle, encoder: FakeEncoder
) -> None:
    steps = "1. Open.\n2. Turn.\n\nOr so:\n\n1. Push.\n2. Pull.\n3. Close.\n\n## One\n\n1. Alone.\n"
    content = write_article("valve", f"# Valve\n\n{steps}")
    build_index(content, tmp_path / "index", encoder)
    center = client(tmp_path / "index", encoder)
    blocks = _BLOCK.findall(center.get("/en/articles/valve").text)
    graph = next(data["@graph"] for data in map(json.loads, blocks) if "@graph" in data)
    lists = [
        [step["text"] for step in thing["step"]] for thing in graph if thing["@type"] == "HowTo"
    ]
    assert lists == [["Open.", "Turn."], ["Push.", "Pull.", "Close."]]


def test_hostile_text_cannot_end_the_data_block(
    tmp_path: Path, write_article: WriteArticle, encoder: FakeEncoder
) -> None:
    title = '</script><script>alert("&")</script> \u2028 ]]>'
    content = write_article("hostile", "Text.", title=title)
    build_index(content, tmp_path / "index", encoder)
    center = client(tmp_path / "index", encoder)
    html = center.get("/en/articles/hostile").text
    scripts = Markup(html).all("script")
    types = [script["type"] for script in scripts]
    assert types == ["module", *["application/ld+json"] * 2]
    assert html.count("</script>") == len(types)
    assert things(center, "/en/articles/hostile")["Article"]["headline"].startswith("</script>")
