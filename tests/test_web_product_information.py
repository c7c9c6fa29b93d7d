"""What products lack and what was asked of them in vain, at /admin/insight and in `kb report`."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from centers import Markup
from click.testing import CliRunner
from fakes import FakeEncoder
from flask.testing import FlaskClient
from staffed import staffed
from test_store_records import SEARCH, VOTE

from indexer.build import build_index
from kb.feedback import LISTED, Search, Vote
from kb.staff import Role
from kb.store.database import Database
from kb.store.feedback import add_searches, keep_vote
from kb.store.migrate import migrate
from search.searcher import Searcher
from web.asked_in_vain import AskedInVain
from web.cli import main
from web.product_information import make_product_report
from web.refreshing import refresh

NOW = datetime.now(UTC)
PAGE = "/admin/insight/products"
FORK = "Hat das Trek 7 eine Federgabel?"
PUMP = "=Passt eine Luftpumpe ans Fahrrad?"
GERMAN = {"Accept-Language": "de"}


def search(question: str, visitor: str, status: str = "no_answer", **other: Any) -> Search:
    name = f"{visitor}{status}{question}"[:32]
    found = replace(SEARCH, query_id=name, visitor=visitor, question=question, status=status)
    return replace(found, at=NOW, document="", **other)


def vote(visitor: str, document: str = "article/order-invoice", **other: Any) -> Vote:
    return replace(VOTE, visitor=visitor, document=document, at=NOW, day=NOW.date(), **other)


@pytest.fixture
def records(tmp_path: Path) -> Database:
    database = Database.in_folder(tmp_path)
    migrate(database)
    return database


def in_vain(records: Database, searcher: Searcher) -> tuple[AskedInVain, ...]:
    return make_product_report(records, searcher, days=30, now=NOW).questions


def test_questions_of_one_meaning_about_a_product_stand_together(
    records: Database, searcher: Searcher
) -> None:
    asked = [search(FORK, "v1"), search(FORK, "v2", "related"), search(f"{FORK} Bitte", "v2")]
    add_searches(records, [*asked, search("Wie ist das Wetter morgen in Bremen?", "v3")])
    (one,) = in_vain(records, searcher)
    assert (one.product, one.type, one.locale) == ("product/trek-7", "ebike", "de")
    assert dict(one.wordings) == {FORK: 2, f"{FORK} Bitte": 1}
    assert one.outcomes == {"no_answer": 2, "related": 1}
    assert (one.asked, one.visitors, one.task) == (3, 2, None)


def test_a_type_is_named_an_attribute_asked_for_or_a_product_found(
    records: Database, searcher: Searcher
) -> None:
    asked = ["Ist mein Fahrrad versichert?", "Wie viel Volt?", "Wie schwer?"]
    add_searches(records, [search(question, f"v{n}") for n, question in enumerate(asked)])
    found = replace(search("Regenschutz", "v9"), document="product/basket-bag")
    add_searches(records, [found])
    assert {(one.product, one.type) for one in in_vain(records, searcher)} == {
        ("", "ebike"),
        ("", "battery"),
        ("", ""),  # several types have a weight
        ("product/basket-bag", "bag"),
    }


def test_what_was_answered_or_solved_is_not_in_vain_and_what_was_voted_down_is(
    records: Database, searcher: Searcher
) -> None:
    statuses = ("answered", "related", LISTED)
    add_searches(records, [search(FORK, "v1", status) for status in statuses])
    (related,) = in_vain(records, searcher)
    assert related.outcomes == {"related": 1}
    keep_vote(records, vote("v1", query_id=search(FORK, "v1", "related").query_id, solved=True))
    assert in_vain(records, searcher) == ()
    answered = search(FORK, "v1", "answered").query_id
    keep_vote(records, vote("v2", query_id=answered, solved=False, comment=""))
    (unsolved,) = in_vain(records, searcher)
    assert unsolved.outcomes == {"unsolved": 1}


def test_comments_count_where_they_or_their_page_are_about_a_product(
    records: Database, searcher: Searcher
) -> None:
    for n, (document, comment) in enumerate(
        [
            ("product/trek-7", "Welche Federgabel ist verbaut"),
            ("article/order-invoice", "Fehlt: Federgabel beim City 3"),
            ("article/order-invoice", "Stimmt nicht mehr"),
            ("product/city-5", ""),
        ]
    ):
        keep_vote(records, vote(f"v{n}", document, comment=comment, solved=False))
    found = {one.product: one for one in in_vain(records, searcher)}
    assert set(found) == {"product/trek-7", "product/city-3"}
    assert {one.asked for one in found.values()} == {1}
    refresh(records, searcher, NOW)
    assert {one.task for one in in_vain(records, searcher)} == {1, 2}


def test_what_is_asked_most_of_one_product_comes_first_and_old_questions_not_at_all(
    records: Database, searcher: Searcher
) -> None:
    add_searches(records, [search("Hat das City 3 einen Ständer?", "v1")])
    add_searches(records, [search("Trek 7 in Rot", f"v{n}") for n in range(2)])
    add_searches(records, [search(FORK, f"v{n}") for n in range(3)])
    old = replace(search("Hat das Falt 1 Licht?", "v1"), at=NOW - timedelta(days=40))
    add_searches(records, [old])
    order = [(one.product, one.asked) for one in in_vain(records, searcher)]
    assert order == [("product/trek-7", 3), ("product/trek-7", 2), ("product/city-3", 1)]


@pytest.fixture
def agent(
    built_index: Path, encoder: FakeEncoder, searcher: Searcher, tmp_path: Path
) -> FlaskClient:
    """Somebody who looks at a product that two asked for in vain, and at a formula."""
    browser = staffed(built_index, encoder, tmp_path, Role.AGENT)
    database = Database.in_folder(tmp_path)
    add_searches(database, [search(FORK, "v1"), search(FORK.lower(), "v2"), search(PUMP, "v3")])
    keep_vote(database, vote("v4", "product/trek-7", comment=FORK, solved=False))
    refresh(database, searcher, NOW)
    database.close()
    return browser


def test_the_page_shows_questions_with_their_product_and_task(agent: FlaskClient) -> None:
    page = Markup(agent.get(PAGE).text)
    links = page.values("a", "href")
    for wanted in ("/en/products/trek-7", "/en/products/ebike/", "/admin/insight/products.csv"):
        assert wanted in links
    (votes,) = [link for link in links if "/votes?" in link]
    assert FORK in agent.get(votes).text
    (task,) = {link for link in links if link.startswith("/admin/tasks/") and link[-1].isdigit()}
    assert "/products/ebike/trek-7.md" in agent.get(task).text
    assert f"{FORK} 1 other wording {FORK.lower()}" in page.text
    assert not [one for one in page.elements if "style" in one[1]]


def test_it_speaks_german_and_is_found_from_insight(agent: FlaskClient) -> None:
    german = Markup(agent.get(PAGE, headers=GERMAN).text)
    for part in ("Unbeantwortete Produktfragen", "100 % 14 Produkte", "Nichts fehlt."):
        assert part in german.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "/de/products/trek-7" in german.values("a", "href")
    assert PAGE in Markup(agent.get("/admin/insight/").text).values("a", "href")


def test_it_is_for_staff_alone(built_index: Path, encoder: FakeEncoder, tmp_path: Path) -> None:
    stranger = staffed(built_index, encoder, tmp_path).application.test_client()
    for address in (PAGE, f"{PAGE}.csv"):
        assert stranger.get(address).status_code == 302


def test_nothing_that_somebody_typed_steers_the_terminal(
    agent: FlaskClient, built_index: Path, tmp_path: Path
) -> None:
    database = Database.in_folder(tmp_path)
    keep_vote(database, vote("v5", "product/city-3", comment="\x1b[2JLeer", solved=False))
    database.close()
    (tmp_path / "index").symlink_to(built_index)
    printed = reported(tmp_path)
    assert "asked in vain of product/city-3: 1 times: [2JLeer" in printed
    assert "\x1b" not in printed


def test_page_table_and_command_line_tell_the_same(
    agent: FlaskClient, built_index: Path, tmp_path: Path
) -> None:
    table = agent.get(f"{PAGE}.csv")
    assert table.content_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "@"))]
    files = "de/products/ebike/trek-7.md; en/products/ebike/trek-7.md"
    trek = {"table": "products", "name": "product/trek-7"}
    assert {**trek, "figure": "files", "value": files} in rows
    assert {**trek, "figure": "complete", "value": "1.0"} in rows
    (tmp_path / "index").symlink_to(built_index)
    figures = json.loads(reported(tmp_path, "--json"))
    asked = {one["question"]: one for one in figures["product_questions"]}
    assert (asked[FORK]["product"], asked[FORK]["type"]) == ("product/trek-7", "ebike")
    assert asked[PUMP]["product"] is None and asked[PUMP]["type"] == "ebike"
    printed = reported(tmp_path, "--csv").splitlines()
    types = [row for row in table.text.splitlines() if row.startswith("product_types,")]
    assert types and types == [row for row in printed if row.startswith("product_types,")]
    assert f"asked in vain of product/trek-7: 3 times: {FORK}" in reported(tmp_path)


def reported(folder: Path, *options: str) -> str:
    result = CliRunner().invoke(main, ["report", "--data", str(folder), *options])
    assert result.exit_code == 0, result.output
    return result.output


SITE = """
default_locale = "de"
[locales.de]
[locales.en]
[product_types.bag]
title = { de = "Taschen", en = "Bags" }
[product_types.bag.attributes.volume]
type = "number"
unit = "l"
label = { de = "Volumen", en = "Volume" }
asked = { de = ["wie viel passt rein"], en = ["how much fits in"] }
"""
BAGS = {
    "de/products/bag/korb.md": "title: Korb\nattributes: {volume: 9}\nnot_for: [Regen]",
    "en/products/bag/korb.md": "title: Korb\nnot_for: [rain]\nsuitable_for: [shopping]",
    "de/products/bag/beutel.md": "title: Beutel\nattributes: {volume: 2}\nquestions: [Dicht?]",
}


@pytest.fixture
def bags(encoder: FakeEncoder, tmp_path: Path) -> FlaskClient:
    """Somebody who looks at two bags of which little is known, and that one asked about."""
    (tmp_path / "content").mkdir()
    (tmp_path / "content/site.toml").write_text(SITE, encoding="utf-8")
    for name, front in BAGS.items():
        path = tmp_path / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\n{front}\n---\n\nEine Tasche.\n", encoding="utf-8")
    build_index(tmp_path / "content", tmp_path / "index", encoder)
    browser = staffed(tmp_path / "index", encoder, tmp_path)
    database = Database.in_folder(tmp_path)
    add_searches(database, [search("Wie viel passt rein?", "v1", "answered")])
    database.close()
    return browser


def test_what_is_missing_is_told_with_its_language_its_file_and_whether_customers_ask(
    bags: FlaskClient, tmp_path: Path
) -> None:
    page = Markup(bags.get(PAGE, headers=GERMAN).text)
    text = page.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Volumen (Englisch) von Kunden gefragt" in text
    assert "Übersetzung (Englisch)" in text
    assert text.index("Beutel") < text.index("Korb")  # the least complete first
    assert "de/products/bag/korb.md en/products/bag/korb.md" in text
    assert "/de/products/korb" in page.values("a", "href")
    english = Markup(bags.get(PAGE).text).text
    assert "Volume (English) customers asked for it" in english and "Pictures" in english
    basket = figures_of(tmp_path, "product/korb")
    assert basket["lacks"] == [
        "attributes.volume (en)",
        "images",
        "suitable_for (de)",
        "questions",
        "articles",
    ]
    assert basket["complete"] == round((0.5 + 0.5 + 1 + 1) / 7, 4)


def test_the_command_line_names_what_is_missing(bags: FlaskClient, tmp_path: Path) -> None:
    printed = reported(tmp_path)
    assert "2 of 2 lack something" in printed
    assert "lacks attributes.volume (en), images, suitable_for (de)" in printed


def figures_of(folder: Path, product: str) -> dict[str, Any]:
    products = json.loads(reported(folder, "--json"))["products"]
    return {one["product"]: one for one in products}[product]


def test_without_index_or_products_there_is_nothing_to_tell(
    encoder: FakeEncoder, tmp_path: Path
) -> None:
    browser = staffed(tmp_path / "none", encoder, tmp_path)
    page = Markup(browser.get(PAGE).text).text
    assert "There are no products." in page and "None in this period." in page
    assert json.loads(reported(tmp_path, "--json"))["product_types"] == []
