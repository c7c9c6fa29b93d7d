"""The pages customers read, over the example help center."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urldefrag, urlsplit

import pytest
from centers import Markup, client
from conftest import WriteArticle
from fakes import FakeEncoder
from flask.testing import FlaskClient

from indexer.build import build_index
from kb.documents import Kind
from search.searcher import Searcher

ARTICLE = "/de/articles/akku-laedt-nicht"
PRODUCT = "/en/products/berg-6"
MOST_BYTES = 60_000  # of a page, before compression
DATA = "application/ld+json"  # a data block: browsers do not run it


@pytest.fixture(scope="module")
def center(built_index: Path, encoder: FakeEncoder) -> FlaskClient:
    return client(built_index, encoder)


def page(center: FlaskClient, path: str, status: int = 200) -> Markup:
    response = center.get(path)
    assert response.status_code == status, path
    return Markup(response.text)


def test_every_section_a_citation_can_name_is_on_its_page(
    center: FlaskClient, searcher: Searcher
) -> None:
    for locale in ("de", "en"):
        for document in searcher.library.documents(locale):
            number = searcher.library.find(document.kind, locale, document.slug)
            assert number is not None
            anchors = {s.anchor for s in searcher.library.page(number).sections if s.anchor}
            found = page(center, document.url)
            ids = {attributes.get("id") for _, attributes in found.elements}
            assert anchors <= ids, document.url


def test_front_leads_to_the_visitors_language(center: FlaskClient) -> None:
    response = center.get("/", headers={"Accept-Language": "en-GB,en;q=0.9,de;q=0.1"})
    assert (response.status_code, response.location) == (302, "/en/")
    assert "Accept-Language" in response.headers["Vary"]
    assert center.get("/", headers={"Accept-Language": "fr"}).location == "/de/"


def test_home_shows_topics_products_and_contact(center: FlaskClient) -> None:
    home = page(center, "/de/")
    assert "/de/battery/" in home.values("a", "href")
    assert "/de/products/ebike/" in home.values("a", "href")
    assert "/de/contact" in home.values("a", "href")
    assert "tel:+494066969120" in home.values("a", "href")
    assert home.all("input", name="q")


def walk(center: FlaskClient, start: str) -> Iterator[tuple[str, Markup]]:
    """Every page that links lead to, each once, without what is asked of it."""
    waiting, seen = [start], {start}
    while waiting:
        path = waiting.pop()
        response = center.get(path)
        if response.status_code in (301, 302, 308):
            links = [response.location]
        else:
            assert response.status_code == 200, f"{path}: {response.status_code}"
            assert response.mimetype == "text/html", path
            found = Markup(response.text)
            yield path, found
            links = found.values("a", "href")
        for link in links:
            target = urldefrag(link).url
            if target.startswith("/") and "?" not in target and target not in seen:
                seen.add(target)
                waiting.append(target)


def test_every_page_is_whole_and_asks_nobody_else(center: FlaskClient) -> None:
    """No dead link, no third party, nothing inline that runs, one headline."""
    pages = dict(walk(center, "/en/"))
    assert len(pages) > 200
    for path, found in pages.items():
        addresses = [
            *found.values("img", "src"),
            *found.values("script", "src"),
            *found.values("form", "action"),
            *found.values("use", "href"),
            *(link["href"] for link in found.all("link") if link["rel"] != "alternate"),
        ]
        hosts = {urlsplit(address).netloc for address in addresses}
        assert hosts <= {"", "localhost"}, path
        assert not any("style" in attributes for _, attributes in found.elements), path
        assert all(
            script.get("type") == DATA or script.keys() == {"type", "src"}
            for script in found.all("script")
        ), path
        assert len(found.all("h1")) == 1, path
        ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
        assert len(ids) == len(set(ids)), path
        inside = {link[1:] for link in found.values("a", "href") if link.startswith("#")}
        assert inside <= set(ids), path
        assert found.all("html")[0]["lang"] == path.split("/")[1]
        assert found.size < MOST_BYTES, path
        assert all("alt" in image for image in found.all("img")), path


def test_what_pages_share_is_small_and_kept_for_ever(center: FlaskClient) -> None:
    home = page(center, "/de/")
    icons = home.values("use", "href")[0].split("#")[0]
    for address in (home.values("link", "href")[0], icons, *home.values("script", "src")):
        response = center.get(address)
        assert response.status_code == 200
        assert len(response.data) < 30_000
        assert "immutable" in response.headers["Cache-Control"]


def test_every_named_icon_exists(center: FlaskClient) -> None:
    home = page(center, "/de/")
    sprite = center.get(home.values("use", "href")[0].split("#")[0]).text
    for address in home.values("use", "href"):
        assert f'id="{address.partition("#")[2]}"' in sprite


def test_pictures_are_served_for_ever_and_cannot_run(center: FlaskClient) -> None:
    picture = page(center, PRODUCT).values("img", "src")[0]
    response = center.get(picture)
    assert response.status_code == 200
    assert response.mimetype == "image/svg+xml"
    assert "immutable" in response.headers["Cache-Control"]
    assert "sandbox" in response.headers["Content-Security-Policy"]
    response.close()


def test_article_names_its_review_contents_and_related(center: FlaskClient) -> None:
    article = page(center, ARTICLE)
    assert "Geprüft am 14. September 2026" in article.text
    assert "Auf dieser Seite" in article.text
    assert article.all("nav", **{"aria-labelledby": "contents"})
    assert "Passend dazu" in article.text
    english = page(center, "/en/articles/battery-recall")
    assert "Reviewed on 9 November 2026" in english.text


def test_product_shows_price_facts_and_what_it_does_not_fit(center: FlaskClient) -> None:
    product = page(center, PRODUCT)
    assert "€3,499" in product.text
    assert "Not suitable for" in product.text
    assert product.all("th", scope="row")
    assert "3.499 €" in page(center, "/de/products/berg-6").text.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("/de/", "/en/"),
        ("/de/battery/", "/en/battery/"),
        ("/de/contact", "/en/contact"),
        ("/de/products/ebike/", "/en/products/ebike/"),
        ("/de/search?q=akku", "/en/search?q=akku"),
        ("/de/articles/rechnung-herunterladen", "/en/articles/order-invoice"),
    ],
)
def test_language_switch_leads_to_the_same_page(center: FlaskClient, here: str, there: str) -> None:
    assert page(center, here).all("a", hreflang="en")[0]["href"] == there
    assert center.get(there).status_code == 200


def test_translations_know_each_other(center: FlaskClient) -> None:
    article = page(center, "/de/articles/rechnung-herunterladen")
    assert article.all("link", rel="canonical")[0]["href"].endswith("/rechnung-herunterladen")
    links = article.all("link", rel="alternate")
    alternates = {link["hreflang"]: link["href"] for link in links if "hreflang" in link}
    assert alternates == {
        "x-default": "http://localhost/de/articles/rechnung-herunterladen",
        "de": "http://localhost/de/articles/rechnung-herunterladen",
        "en": "http://localhost/en/articles/order-invoice",
    }


def test_slug_of_another_language_leads_to_the_translation(center: FlaskClient) -> None:
    response = center.get("/en/articles/rechnung-herunterladen")
    assert (response.status_code, response.location) == (302, "/en/articles/order-invoice")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, encoder: FakeEncoder) -> FlaskClient:
    """A center of two articles: one only in German, one with a hostile title."""
    folder = tmp_path_factory.mktemp("small")
    for locale, slug, title, body in (
        ("de", "nur-deutsch", "Nur auf Deutsch", "Der Text steht nur auf Deutsch da."),
        ("en", "hostile", '<script>alert(1)</script> "&', "<img src=x onerror=alert(1)> wheel"),
        ("en", "moved", "Moved here", "redirected wheel"),
    ):
        target = folder / "content" / locale / "articles" / "topic" / f"{slug}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        former = "redirect_from: [/faq/42, /en/old-place]\n" if slug == "moved" else ""
        front = f"---\ntitle: '{title}'\nsummary: '{title}'\n{former}---\n\n"
        target.write_text(front + body + "\n", encoding="utf-8")
    build_index(folder / "content", folder / "index", encoder)
    return client(folder / "index", encoder)


def test_article_in_another_language_is_marked(small: FlaskClient) -> None:
    article = page(small, "/en/articles/nur-deutsch")
    assert article.all("html")[0]["lang"] == "en"
    assert article.all("article")[0]["lang"] == "de"
    assert "This page is not available in English yet. It is shown in German." in article.text
    assert article.all("link", rel="canonical")[0]["href"].endswith("/de/articles/nur-deutsch")


def test_below_an_article_in_another_language_stand_those_of_the_readers(
    write_article: WriteArticle, tmp_path: Path, encoder: FakeEncoder
) -> None:
    write_article("nur-deutsch", "Text.", locale="de", title="Nur deutsch", related=["oil"])
    write_article("kette-oelen", "Öl.", locale="de", id="oil", title="Kette ölen")
    content = write_article("oil-chain", "Oil.", id="oil", title="Oil a chain")
    build_index(content, tmp_path / "index", encoder)
    article = page(client(tmp_path / "index", encoder), "/en/articles/nur-deutsch")
    assert "Oil a chain" in article.text
    assert "Kette ölen" not in article.text


def test_fallback_results_stay_in_the_readers_language(small: FlaskClient) -> None:
    results = page(small, "/en/search?q=deutsch")
    assert results.all("a", href="/en/articles/nur-deutsch", lang="de")
    assert "in German" in results.text


@pytest.mark.parametrize(
    "path", ["/en/", "/en/topic/", "/en/articles/hostile", "/en/search?q=wheel", "/en/nowhere"]
)
def test_titles_are_never_markup(small: FlaskClient, path: str) -> None:
    html = small.get(path).text
    assert {script["type"] for script in Markup(html).all("script")} <= {DATA, "module"}
    assert not Markup(html).values("img", "onerror")


@pytest.mark.parametrize("former", ["/faq/42", "/en/old-place"])
def test_former_address_leads_on(small: FlaskClient, former: str) -> None:
    response = small.get(former)
    assert (response.status_code, response.location) == (301, "/en/articles/moved")


def test_markdown_of_a_page(center: FlaskClient) -> None:
    response = center.get(f"{ARTICLE}.md")
    assert response.mimetype == "text/markdown"
    assert response.headers["Content-Language"] == "de"
    assert response.text.startswith("# Akku lädt nicht")
    assert "owner_team" not in response.text
    assert "- **Item number:** BK-B6" in center.get(f"{PRODUCT}.md").text


def test_every_page_to_be_found_has_a_markdown_version_that_links_to_others(
    center: FlaskClient,
) -> None:
    waiting, seen = ["/en/"], {"/en/"}
    while waiting:
        path = waiting.pop()
        found = page(center, path)
        (link,) = found.all("link", type="text/markdown")
        text = center.get(link["href"])
        assert (text.status_code, text.mimetype) == (200, "text/markdown"), path
        assert text.text.startswith("# "), path
        assert text.headers["Link"] == f'<http://localhost{path}>; rel="canonical"'
        assert "\n\n\n" not in text.text, path
        for linked in re.findall(r"\(http://localhost(/en/[^)]+)\.md\)", text.text):
            address = linked.removesuffix("index")
            if address not in seen:
                seen.add(address)
                waiting.append(address)
    assert len(seen) > 130


def test_results_have_no_markdown_version(center: FlaskClient) -> None:
    assert not page(center, "/en/search?q=battery").all("link", type="text/markdown")


def test_markdown_of_an_article_in_another_language_leads_to_the_translation(
    center: FlaskClient,
) -> None:
    response = center.get("/en/articles/rechnung-herunterladen.md")
    assert (response.status_code, response.location) == (302, "/en/articles/order-invoice.md")


def test_an_article_called_index_is_not_hidden_by_the_list_of_articles(
    tmp_path: Path, write_article: WriteArticle, encoder: FakeEncoder
) -> None:
    content = write_article("index", "# Start here\n\nText.\n")
    build_index(content, tmp_path / "index", encoder)
    assert "# Start here" in client(tmp_path / "index", encoder).get("/en/articles/index.md").text


def test_contact_lists_every_team_with_hours(center: FlaskClient) -> None:
    contact = page(center, "/en/contact")
    for said in ("Workshop", "Mon–Fri 9 am–5 pm", "Reply usually within 2 days"):
        assert said in contact.text
    assert "mailto:werkstatt@brise-kette.example" in contact.values("a", "href")


def test_unknown_address_is_searched_for(center: FlaskClient) -> None:
    missing = page(center, "/de/articles/rechnung-als-pdf-herunterladen", 404)
    assert "rechnung als pdf herunterladen" in missing.text
    assert "/de/articles/rechnung-herunterladen" in missing.values("a", "href")
    assert missing.all("input", name="q")


@pytest.mark.parametrize("path", ["/wp-login.php", "/de/%00", "/fr/", "/de/x/y/z", "/%ff%fe"])
def test_odd_addresses_get_the_not_found_page(center: FlaskClient, path: str) -> None:
    assert center.get(path).status_code == 404


@pytest.mark.parametrize("short", ["/de/products/ebike", "/de/products", "/de/battery", "/de"])
def test_overviews_are_found_without_the_last_slash(center: FlaskClient, short: str) -> None:
    response = center.get(short)
    assert response.status_code in (301, 308)
    assert response.location.endswith(f"{short}/")


def test_unchanged_page_is_not_sent_again(center: FlaskClient) -> None:
    first = center.get(ARTICLE)
    assert first.headers["Cache-Control"] == "no-cache"
    again = center.get(ARTICLE, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = center.get("/de/", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_head_is_get_without_body(center: FlaskClient) -> None:
    for path in ("/de/", ARTICLE, "/api/v1/search?q=akku", "/readyz"):
        response = center.head(path)
        assert (response.status_code, response.data) == (200, b"")


def test_articles_without_a_category_are_reachable(
    tmp_path: Path, write_article: WriteArticle, encoder: FakeEncoder
) -> None:
    content = write_article("alone", "# Alone\n\nText.\n")
    build_index(content, tmp_path / "index", encoder)
    center = client(tmp_path / "index", encoder)
    assert "/en/articles/" in page(center, "/en/").values("a", "href")
    assert "/en/articles/alone" in page(center, "/en/articles/").values("a", "href")
    assert "No contact details" in page(center, "/en/contact").text


def test_pictures_are_served_from_a_data_folder_named_relatively(
    built_index: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(built_index.parent)
    web = client(Path("index"), encoder)
    picture = Markup(web.get("/de/products/city-3").text).values("img", "src")[0]
    with web.get(picture) as reply:
        assert (reply.status_code, reply.mimetype) == (200, "image/svg+xml")
        assert reply.data.startswith(b"<svg")


def test_articles_of_a_topic_lead_through_it(center: FlaskClient) -> None:
    row = [
        link for link in page(center, "/de/battery/").values("a", "href") if "/articles/" in link
    ]
    row = [link for link in row if link != "/de/articles/"]
    for before, after in pairwise(row):
        assert page(center, before).all("a", rel="next")[0]["href"] == after
        assert page(center, after).all("a", rel="prev")[0]["href"] == before
    assert not page(center, row[0]).all("a", rel="prev")
    assert not page(center, row[-1]).all("a", rel="next")


def test_an_article_says_what_is_asked_next_and_not_what_it_answers(
    center: FlaskClient, searcher: Searcher
) -> None:
    number = searcher.library.find(Kind.ARTICLE, "de", "akku-laedt-nicht")
    assert number is not None
    own = searcher.library.document(number).questions
    links = page(center, ARTICLE).values("a", "href")
    asked = [parse_qs(urlsplit(link).query)["q"][0] for link in links if "/search?q=" in link]
    assert len(asked) == 4
    assert not set(asked) & set(own)
    assert all(question.endswith("?") for question in asked)
