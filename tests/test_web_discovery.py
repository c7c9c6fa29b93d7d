"""How the help center is found: sitemap, feeds, llms.txt, OpenSearch, whole addresses."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from centers import Markup, client
from conftest import WriteArticle
from fakes import FakeEncoder
from flask.testing import FlaskClient

from indexer.build import build_index
from kb.errors import SettingsError
from kb.settings import load_settings
from search.searcher import Searcher
from web.discovery import FEED_ENTRIES

ROOT = "https://help.example.org"
ARTICLE = "/de/articles/rechnung-herunterladen"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"
ATOM = "{http://www.w3.org/2005/Atom}"
SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


@pytest.fixture(scope="module")
def center(built_index: Path, encoder: FakeEncoder) -> FlaskClient:
    return client(built_index, encoder, public_url=f"{ROOT}/")


def xml(center: FlaskClient, path: str, kind: str) -> ElementTree.Element:
    response = center.get(path)
    assert (response.status_code, response.mimetype) == (200, kind), path
    return ElementTree.fromstring(response.data)


def test_the_public_address_stands_wherever_the_site_names_itself(center: FlaskClient) -> None:
    page = Markup(center.get(ARTICLE, headers={"Host": "evil.example"}).text)
    links = [link["href"] for link in page.all("link") if link["rel"] in ("canonical", "alternate")]
    whole = [address for address in links if not address.startswith("/")]
    assert len(whole) == 5, "itself, two languages, the default one, Markdown"
    assert all(address.startswith(f"{ROOT}/") for address in whole)
    assert page.all("meta", property="og:url")[0]["content"] == ROOT + ARTICLE
    for path in ("/robots.txt", "/sitemap.xml", "/feed.xml", "/de/llms.txt", "/opensearch.xml"):
        text = center.get(path, headers={"Host": "evil.example"}).text
        assert ROOT in text
        assert "evil.example" not in text


def test_without_a_public_address_the_host_asked_for_counts(
    built_index: Path, encoder: FakeEncoder
) -> None:
    plain = client(built_index, encoder)
    assert "Sitemap: http://localhost/sitemap.xml" in plain.get("/robots.txt").text


@pytest.mark.parametrize(
    "address", ["help.example.org", "ftp://a.example", "https://a.example/help", "https://a b", ""]
)
def test_a_public_address_is_scheme_and_host_alone(address: str) -> None:
    with pytest.raises(SettingsError, match="public_url: .*such as https://help"):
        load_settings({"public_url": address})


def test_robots_forbids_results_and_nothing_that_only_begins_like_them(
    center: FlaskClient,
) -> None:
    lines = center.get("/robots.txt").text.splitlines()
    assert "Disallow: /de/search?" in lines
    assert f"Sitemap: {ROOT}/sitemap.xml" in lines


def test_the_sitemap_names_every_page_in_every_language(
    center: FlaskClient, searcher: Searcher
) -> None:
    places = {
        place.findtext(f"{SITEMAP}loc", ""): place
        for place in xml(center, "/sitemap.xml", "application/xml")
    }
    for locale in ("de", "en"):
        for document in searcher.library.documents(locale):
            place = places[ROOT + document.url]
            assert (place.findtext(f"{SITEMAP}lastmod") or "") >= document.reviewed
    invoice = places[ROOT + ARTICLE].findall(f"{XHTML}link")
    assert {link.attrib["hreflang"]: link.attrib["href"] for link in invoice} == {
        "de": ROOT + ARTICLE,
        "en": f"{ROOT}/en/articles/order-invoice",
        "x-default": ROOT + ARTICLE,
    }
    home = {link.attrib["hreflang"]: link.attrib["href"] for link in places[f"{ROOT}/de/"][2:]}
    assert home["x-default"] == f"{ROOT}/"
    for address in places:
        path = address.removeprefix(ROOT)
        if "/articles/" not in path:
            page = Markup(center.get(path).text)
            assert page.all("link", rel="canonical")[0]["href"] == address


def test_feeds_tell_what_is_new_newest_first(center: FlaskClient) -> None:
    feed = xml(center, "/en/feed.xml", "application/atom+xml")
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == FEED_ENTRIES
    dates = [entry.findtext(f"{ATOM}updated", "") for entry in entries]
    assert dates == sorted(dates, reverse=True)
    assert feed.findtext(f"{ATOM}updated") == dates[0]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", date) for date in dates)
    for entry in entries:
        assert entry.findtext(f"{ATOM}id", "").startswith(f"{ROOT}/en/")
    both = xml(center, "/feed.xml", "application/atom+xml")
    assert {entry.attrib["{http://www.w3.org/XML/1998/namespace}lang"] for entry in both[6:]} == {
        "de",
        "en",
    }
    assert Markup(center.get("/en/").text).all("link", type="application/atom+xml")


def test_a_feed_without_dated_articles_is_a_feed(
    tmp_path: Path, write_article: WriteArticle, encoder: FakeEncoder
) -> None:
    content = write_article("plain", "Text.", title="<Plain> & simple")
    build_index(content, tmp_path / "index", encoder)
    bare = client(tmp_path / "index", encoder)
    feed = xml(bare, "/feed.xml", "application/atom+xml")
    assert feed.findtext(f"{ATOM}updated")
    assert "\\<Plain> & simple" in bare.get("/llms.txt").text
    assert ElementTree.fromstring(bare.get("/sitemap.xml").data) is not None


def test_llms_txt_leads_to_every_document_as_markdown(
    center: FlaskClient, searcher: Searcher
) -> None:
    whole = center.get("/llms.txt")
    assert whole.mimetype == "text/plain"
    lines = whole.text.splitlines()
    assert lines[0] == "# Brise & Kette"
    assert lines[2].startswith("> E-Bikes")
    linked = re.findall(r"\]\(([^)]+)\)", whole.text)
    assert len(linked) == len(set(linked))
    for locale in ("de", "en"):
        own = center.get(f"/{locale}/llms.txt").text
        for document in searcher.library.documents(locale):
            assert f"]({ROOT}{document.url}.md)" in whole.text
            assert f"]({ROOT}{document.url}.md)" in own
    for address in linked[:20]:
        assert center.get(address.removeprefix(ROOT)).mimetype == "text/markdown"


def test_browsers_learn_how_to_search(center: FlaskClient) -> None:
    (link,) = Markup(center.get("/de/").text).all("link", rel="search")
    described = xml(center, link["href"], link["type"])
    assert len(described.findtext(f"{SEARCH}ShortName", "")) <= 16
    templates = {
        url.attrib["type"]: url.attrib["template"] for url in described.iter(f"{SEARCH}Url")
    }
    assert templates["text/html"] == f"{ROOT}/de/search?q={{searchTerms}}"
    suggestions = templates["application/x-suggestions+json"].replace("{searchTerms}", "Rech")
    response = center.get(suggestions.removeprefix(ROOT))
    assert response.mimetype == "application/x-suggestions+json"
    typed, texts, remarks, addresses = response.get_json(force=True)
    assert typed == "Rech"
    assert "Rechnung herunterladen" in texts
    assert len(texts) == len(remarks) == len(addresses)
    assert f"{ROOT}{ARTICLE}" in addresses
    assert xml(center, "/opensearch.xml", link["type"]).findtext(f"{SEARCH}Language") == "de"


@pytest.mark.parametrize("query", ["", "?q=", "?q=%00%ff", "?q=<%3E", "?q=" + "%20" * 100])
def test_odd_suggestions_are_an_empty_list(center: FlaskClient, query: str) -> None:
    response = center.get(f"/de/suggest.json{query}")
    assert response.status_code == 200
    assert response.get_json(force=True)[1] == []


def test_suggestions_have_a_limit_of_their_own(built_index: Path, encoder: FakeEncoder) -> None:
    limited = client(built_index, encoder, rate_limit=1)
    codes = {limited.get("/de/suggest.json?q=Rech").status_code for _ in range(12)}
    assert codes == {200, 429}


@pytest.mark.parametrize(
    ("path", "kind", "title"),
    [
        (ARTICLE, "article", "Rechnung herunterladen"),
        ("/en/products/berg-6", "website", "Berg 6"),
        ("/en/", "website", "Brise & Kette – Help center"),
    ],
)
def test_links_elsewhere_show_title_and_summary(
    center: FlaskClient, path: str, kind: str, title: str
) -> None:
    page = Markup(center.get(path).text)
    told = {meta["property"]: meta["content"] for meta in page.all("meta") if "property" in meta}
    assert told["og:type"] == kind
    assert told["og:title"] == title
    assert told["og:description"] == page.all("meta", name="description")[0]["content"]
    assert told["og:locale"] == {"de": "de_DE", "en": "en_US"}[path[1:3]]
    assert "og:image" not in told, "networks show no drawings"


@pytest.mark.parametrize(
    "path", ["/fr/feed.xml", "/fr/llms.txt", "/fr/opensearch.xml", "/xx/suggest.json"]
)
def test_a_language_the_site_lacks_has_none_of_these(center: FlaskClient, path: str) -> None:
    assert center.get(path).status_code == 404


def test_unchanged_feeds_are_not_sent_again(center: FlaskClient) -> None:
    first = center.get("/sitemap.xml")
    again = center.get("/sitemap.xml", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
